/** One slider that acts when it is released, and only when somebody moves it. */

import { h, setAttr } from "../../shared/dom.js";
import { steadySlider } from "../../shared/gestures.js";

/**
 * @param {{label: string, scale: ReturnType<typeof import("./scale.js").scaleOf>, describedby?: string|null,
 *   shown: (x: number) => string, preview: (x: number) => void, commit: (x: number) => void,
 *   cancel?: (x: number) => void}} options
 *   `preview` is called while it moves, `commit` once when it is released (or the arrow key is), `cancel` instead of that
 *   with the value from before the move; by default that is previewed
 */
export function createSlider({ label, scale: { values, nearest }, describedby = null, shown, preview, commit, cancel = preview }) {
  const input = h("input", {
    type: "range",
    min: 0,
    max: values.length - 1,
    step: 1,
    "aria-label": label,
    "aria-describedby": describedby,
  });
  let pointer = false;
  let key = false;
  let moved = null;
  let now = values[0]; // what it shows
  let before = now; // what it showed before it was moved

  function paint(x) {
    input.style.setProperty("--lg-fill", input.value / (values.length - 1));
    setAttr(input, "aria-valuetext", shown(x));
  }

  function release() {
    if (moved === null) return;
    const x = moved;
    moved = null;
    commit(x);
  }

  steadySlider(input, () => {
    moved = null;
    cancel(before);
  });
  input.addEventListener("input", () => {
    if (moved === null) before = now;
    moved = values[Number(input.value)];
    paint(moved);
    preview(moved);
  });
  input.addEventListener("change", () => {
    if (!key) release();
  });
  input.addEventListener("pointerdown", () => (pointer = true));
  for (const end of ["pointerup", "pointercancel"]) input.addEventListener(end, () => (pointer = false));
  input.addEventListener("keydown", (event) => (key ||= event.key !== "Tab"));
  input.addEventListener("keyup", () => {
    key = false;
    release();
  });
  input.addEventListener("blur", () => {
    key = pointer = false;
    release();
  });

  return {
    el: input,
    /** Whether somebody is moving it right now. */
    held: () => pointer || moved !== null,
    set(x) {
      now = x;
      const position = String(nearest(x));
      if (input.value !== position) input.value = position;
      paint(x);
    },
    disable(reason) {
      input.disabled = reason !== null;
      setAttr(input, "title", reason);
    },
  };
}
