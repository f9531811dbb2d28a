/** One term of Arithmetic: the mean of some picks, which are chosen by their letters. */

import { button, h, setAttr } from "../../shared/dom.js";
import { letter } from "../state/state.js";
import { childrenFor } from "../widgets/children.js";
import { createPixelCanvas } from "../widgets/pixel_canvas.js";

/** @import { Page, Terms } from "../types.d.ts" */

/**
 * @param {Page} page
 * @param {keyof Terms} set
 * @param {string} label
 */
export function createTerm({ state, requestDraw }, set, label) {
  const picture = createPixelCanvas("lg-summand-image");
  const chips = h("div", { class: "lg-chips", role: "group", "aria-label": label });

  /** @param {number} index */
  function toggle(index) {
    const { id } = state.picks[index];
    const ids = state.terms[set];
    const changed = ids.includes(id) ? ids.filter((other) => other !== id) : [...ids, id];
    state.terms = { ...state.terms, [set]: changed };
    requestDraw();
  }

  return {
    picture,
    el: h("div", { class: "lg-summand" },
      h("span", { class: "lg-muted lg-summand-label", text: "Mean of" }), picture.el, chips),
    /** One chip a pick; pressed if it is in the set. */
    update() {
      const buttons = childrenFor(chips, state.picks.length, (i) =>
        button({ class: "lg-letter-chip", text: letter(i), onclick: () => toggle(i) }));
      state.picks.forEach(({ id }, i) =>
        setAttr(buttons[i], "aria-pressed", state.terms[set].includes(id) ? "true" : "false"));
    },
  };
}
