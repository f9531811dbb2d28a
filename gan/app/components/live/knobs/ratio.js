/** The ratio of the two learning rates, shown large; its slider moves both around their geometric mean. */

/** @import { Rates } from "./rates.js" */

import { ratio as ratioText } from "../../shared/format.js";
import { h, setText } from "../../shared/dom.js";
import { ratesFor, ratioScale } from "./rates.js";
import { createSlider } from "./slider.js";

/**
 * @param {{ low: number, high: number }} range of a learning rate
 * @param {{ preview: (rates: Rates) => void, commit: (rates: Rates) => void }} on
 */
export function createRatio(range, on) {
  const shown = h("output", { class: "lg-ratio-value" });
  /** @type {Rates | null} */
  let start = null; // the rates when the slider began to move
  let now = { lr_g: 1, lr_d: 1 };

  /** @param {number} ratio */
  function rates(ratio) {
    start ??= now;
    return ratesFor(ratio, start, range);
  }

  const slider = createSlider({
    label: "Learning rate ratio",
    scale: ratioScale(range),
    shown: (x) => `${ratioText(x, 1)}, generator to discriminator`,
    preview: (ratio) => on.preview(rates(ratio)),
    commit(ratio) {
      const wanted = rates(ratio);
      start = null;
      on.commit(wanted);
    },
    cancel() {
      const before = start ?? now;
      start = null;
      on.preview(before);
    },
  });
  return {
    el: h("div", { class: "lg-ratio" },
      h("div", { class: "lg-ratio-head" },
        h("span", { class: "lg-ratio-name" }, "Ratio ", h("b", { class: "lg-ink-g", text: "lr_g" }), " : ",
          h("b", { class: "lg-ink-d", text: "lr_d" })),
        shown,
      ),
      slider.el,
    ),
    held: slider.held,
    /** @param {Rates} rates */
    set({ lr_g, lr_d }) {
      now = { lr_g, lr_d };
      setText(shown, ratioText(lr_g, lr_d));
      if (!slider.held()) slider.set(lr_g / lr_d);
    },
    disable: slider.disable,
  };
}
