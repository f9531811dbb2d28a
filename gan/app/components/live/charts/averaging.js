/** The window of the moving average, kept from one visit to the next. */

import { count } from "../../shared/format.js";
import { h, setText } from "../../shared/dom.js";
import { createScale } from "../knobs/scale.js";
import { createSlider } from "../knobs/slider.js";

const KEPT = "livegan.window";
const RANGE = /** @type {const} */ ({ smallest: 1, high: 2000, scale: "log", kind: "int" });
const START = 100;

/** @param {() => void} changed */
export function createAveraging(changed) {
  const scale = createScale(RANGE);
  const kept = Number(localStorage.getItem(KEPT));
  let size = scale.values.includes(kept) ? kept : START;
  const shown = h("output", { class: "lg-window-size" });
  const slider = createSlider({
    label: "Moving average over batches",
    scale,
    shown: (x) => `${count(x)} batches`,
    preview: set,
    commit: (x) => localStorage.setItem(KEPT, String(x)),
  });

  /** @param {number} x */
  function set(x) {
    size = x;
    setText(shown, count(x));
    changed();
  }

  slider.set(size);
  setText(shown, count(size));
  return {
    el: h("label", { class: "lg-window", title: "Window of the moving average, in batches" },
      "Average over", slider.el, shown),
    size: () => size,
  };
}
