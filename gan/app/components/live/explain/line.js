/** The sentence: its parts light the figures that they rest on. */

/** @import { Explanation } from "../../types.d.ts" */

import { h, setAttr, setText } from "../../shared/dom.js";

/** @param {{ point: (figure: string | null) => void, lead: (figure: string) => void }} on */
export function createLine(on) {
  const el = h("p", { class: "lg-explain-line" });
  /** @type {HTMLElement[]} */
  let parts = [];

  /** @param {string | null} figure */
  function createPart(figure) {
    if (figure === null) return h("span");
    const dark = () => on.point(null);
    const lit = () => on.point(figure);
    return h("span", { class: "lg-explain-part", role: "button", tabindex: 0, "data-rests": figure, // it wraps as text
      onclick: () => on.lead(figure), onkeydown: (event) => event.key === "Enter" && on.lead(figure), onfocus: lit,
      onblur: dark, onmouseenter: lit, onmouseleave: dark });
  }

  return {
    el,
    /** @param {Explanation["line"]} line */
    show(line) {
      const same = line.length === parts.length
        && line.every(({ figure }, i) => figure === (parts[i].dataset.rests ?? null));
      if (!same) { // else the part that has the focus keeps it
        parts = line.map(({ figure }) => createPart(figure));
        el.replaceChildren(...parts);
      }
      line.forEach(({ text }, i) => setText(parts[i], text));
      setAttr(el, "data-empty", line.length ? null : "");
    },
  };
}
