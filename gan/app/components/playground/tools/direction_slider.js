/** One direction of the latent space: a slider between the images at its two ends. */

import { h, setAttr, setText } from "../../shared/dom.js";
import { steadySlider } from "../../shared/gestures.js";
import { createPixelCanvas } from "../widgets/pixel_canvas.js";

export const END = 3; // how far a slider goes; random z seldom go farther

/**
 * @param {{grab: () => void, moved: (x: number) => void, back: () => void}} act `grab` is called before the first of
 *   several moves, `back` when they are to be taken back
 */
export function createDirectionSlider(act) {
  const name = h("span", { class: "lg-direction-name" });
  const low = createPixelCanvas("lg-direction-end");
  const high = createPixelCanvas("lg-direction-end");
  const input = h("input", { type: "range", min: -END, max: END, step: 0.05 });
  const shown = h("output", { class: "lg-direction-value" });
  const effect = h("i");
  const bar = h("span", { class: "lg-direction-effect" }, effect);
  for (const { el } of [low, high]) el.setAttribute("aria-hidden", "true");
  listenTo(input, act);

  return {
    el: h("div", { class: "lg-direction" }, name, bar, low.el, input, high.el, shown),
    /**
     * @param {string} text
     * @param {string} label
     * @param {number | null} strength from 0 to 1, compared with the strongest direction; null: not known
     */
    name(text, label, strength) {
      setText(name, text);
      setAttr(input, "aria-label", label);
      setAttr(bar, "title", strength === null ? null : `${Math.round(strength * 100)} % as strong as the first`);
      effect.style.transform = `scaleX(${strength ?? 0})`;
    },
    /**
     * @param {Uint8ClampedArray} pixels
     * @param {number} index of the image at the low end; the one at the high end follows it
     * @param {number} side
     */
    ends(pixels, index, side) {
      low.show(pixels, index, side);
      high.show(pixels, index + 1, side);
    },
    /** @param {number} x */
    set(x) {
      const at = Math.min(END, Math.max(-END, x));
      if (Math.abs(Number(input.value) - at) > 0.026) input.value = String(at);
      input.style.setProperty("--lg-fill", String((at + END) / (2 * END)));
      const text = x.toFixed(1).replace("-0.0", "0.0").replace("-", "−");
      setText(shown, text);
      setAttr(input, "aria-valuetext", text);
    },
  };
}

/**
 * @param {HTMLInputElement} input
 * @param {{grab: () => void, moved: (x: number) => void, back: () => void}} act
 */
function listenTo(input, act) {
  let grabbed = false;
  steadySlider(input, () => {
    grabbed = false;
    act.back();
  });
  input.addEventListener("input", () => {
    if (!grabbed) act.grab();
    grabbed = true;
    act.moved(Number(input.value));
  });
  for (const end of ["change", "blur"]) input.addEventListener(end, () => (grabbed = false));
  input.addEventListener("dblclick", () => {
    act.grab();
    act.moved(0);
  });
}
