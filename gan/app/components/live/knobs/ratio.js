/** The ratio of the two learning rates, shown large; its slider moves both around their geometric mean. */

import { ratio as ratioText } from "../../shared/format.js";
import { h, setText } from "../../shared/dom.js";
import { createScale, scaleOf } from "./scale.js";
import { createSlider } from "./slider.js";

const tidy = (x) => Number(x.toPrecision(3));

/**
 * Both learning rates for a ratio, with the same geometric mean as far as the range allows.
 * @param {number} ratio lr_g / lr_d
 * @param {{lr_g: number, lr_d: number}} now
 * @param {{low: number, high: number}} range of either
 */
export function ratesFor(ratio, now, { low, high }) {
  const root = Math.sqrt(ratio);
  const mean = Math.sqrt(now.lr_g * now.lr_d);
  const least = low * Math.max(root, 1 / root);
  const most = high * Math.min(root, 1 / root);
  const centre = Math.min(most, Math.max(least, mean));
  const within = (x) => Math.min(high, Math.max(low, tidy(x)));
  return { lr_g: within(centre * root), lr_d: within(centre / root) };
}

/**
 * @param {{low: number, high: number}} range of a learning rate
 * @param {{preview: (rates: object) => void, commit: (rates: object) => void}} on
 */
export function createRatio(range, on) {
  const { values } = createScale({ smallest: 1, high: range.high / range.low, scale: "log", kind: "float" });
  const below = values.slice(1).map((x) => 1 / x).reverse(); // 1 : 3 as well as 3 : 1
  const shown = h("output", { class: "lg-ratio-value" });
  let start = null;
  let now = { lr_g: 1, lr_d: 1 };
  const rates = (ratio) => ratesFor(ratio, (start ??= now), range);
  const slider = createSlider({
    label: "Learning rate ratio",
    scale: scaleOf([...below, ...values]),
    shown: (x) => `${ratioText(x, 1)}, generator to discriminator`,
    preview: (ratio) => on.preview(rates(ratio)),
    commit(ratio) {
      const wanted = rates(ratio);
      start = null;
      on.commit(wanted);
    },
    cancel() {
      const were = start;
      start = null;
      on.preview(were);
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
    /** @param {{lr_g: number, lr_d: number}} rates */
    set(rates) {
      now = { lr_g: rates.lr_g, lr_d: rates.lr_d };
      setText(shown, ratioText(now.lr_g, now.lr_d));
      if (!slider.held()) slider.set(now.lr_g / now.lr_d);
    },
    disable: slider.disable,
  };
}
