/** The runs that are compared with the one on the page: each with its colour; pointing at one makes it stand out. */

import { button, h, icon, setAttr, setText } from "../../shared/dom.js";
import { titleOf } from "../../shared/runs_feed.js";
import { RUN_COLORS } from "../charts/figure.js";

const CLOSE = "M4 4l8 8M12 4l-8 8";

/**
 * @param {(name: string) => void} remove
 * @param {() => void} changed called when another one stands out
 */
export function createChips(remove, changed) {
  const list = h("ul", { class: "lg-compare-runs", "aria-label": "Compared with" });
  const note = h("li", { class: "lg-muted", text: "dashed: discriminators" });
  /** @type {(string | null)[]} */
  let drawn = [];
  /** @type {number | null} */
  let lit = null;

  /** @param {number | null} place */
  function light(place) {
    if (place === lit) return;
    lit = place;
    changed();
  }

  /**
   * @param {string} name
   * @param {number} place
   * @param {boolean} many
   */
  function chip(name, place, many) {
    const title = titleOf(name);
    const text = h("span", { dir: "auto" });
    setText(text, title);
    const close = button({ class: "lg-button lg-small lg-quiet lg-compare-clear", "aria-label": `Remove ${title}`,
      title: `Compare no longer with ${title}`, onclick: () => remove(name), onfocus: () => light(place),
      onblur: () => light(null) }, icon(CLOSE));
    const el = h("li", { onmouseenter: () => light(place), onmouseleave: () => light(null) },
      h("i", many ? { style: `border-color:${RUN_COLORS[place]}` } : { class: "lg-dashed" }), text, close);
    return el;
  }

  return {
    el: list,
    lit: () => lit,
    /** @param {(string | null)[]} places */
    update(places) {
      if (String(places) === String(drawn)) return;
      drawn = places;
      light(null);
      const many = places.filter((name) => name !== null).length > 1;
      const chips = places.flatMap((name, place) => (name === null ? [] : [chip(name, place, many)]));
      list.replaceChildren(...chips, ...(many ? [note] : []));
      setAttr(list, "data-empty", chips.length ? null : "");
    },
  };
}
