/** One slider that acts when it is released, and only when the user moves it. */

/** @import { Scale } from "./scale.js" */

import { h, setAttr } from "../../shared/dom.js";
import { steadySlider } from "../../shared/gestures.js";

/**
 * @typedef {object} Options
 * @property {string} label
 * @property {Scale} scale
 * @property {string | null} [describedby] the id of an element that describes it
 * @property {(x: number) => string} shown a value in words
 * @property {(x: number) => void} preview called while it moves
 * @property {(x: number) => void} commit called once when it is released (or the arrow key is)
 * @property {(x: number) => void} [cancel] called instead of that with the value from before the move; by default that
 *   is previewed
 */

/** @param {Options} options */
export function createSlider({ label, scale, describedby, shown, preview, commit, cancel = preview }) {
  const { values, nearest } = scale;
  const input = h("input", { type: "range", min: 0, max: values.length - 1, step: 1,
    "aria-label": label, "aria-describedby": describedby });
  let now = values[0]; // what it shows
  let before = now; // what it showed before it was moved

  /** @param {number} x */
  function paint(x) {
    input.style.setProperty("--lg-fill", String(Number(input.value) / (values.length - 1)));
    setAttr(input, "aria-valuetext", shown(x));
  }

  const moves = followMoves(input, commit);
  steadySlider(input, () => {
    moves.forget();
    cancel(before);
  });
  input.addEventListener("input", () => {
    const x = values[Number(input.value)];
    if (!moves.moved()) before = now;
    moves.to(x);
    paint(x);
    preview(x);
  });

  return {
    el: input,
    held: moves.held,
    /** @param {number} x */
    set(x) {
      now = x;
      const position = String(nearest(x));
      if (input.value !== position) input.value = position;
      paint(x);
    },
    /** @param {string | null} reason why it cannot be moved */
    disable(reason) {
      input.disabled = reason !== null;
      setAttr(input, "title", reason);
    },
  };
}

/**
 * Tells when a slider that was moved is released: by the pointer, by the key, or when it loses the focus.
 * @param {HTMLInputElement} input
 * @param {(x: number) => void} release called with the value that it was moved to
 */
function followMoves(input, release) {
  let pointer = false;
  let key = false;
  /** @type {number | null} */
  let moved = null;

  function end() {
    if (moved === null) return;
    const x = moved;
    moved = null;
    release(x);
  }

  input.addEventListener("change", () => {
    if (!key) end();
  });
  input.addEventListener("pointerdown", () => (pointer = true));
  for (const kind of ["pointerup", "pointercancel"]) input.addEventListener(kind, () => (pointer = false));
  input.addEventListener("keydown", (event) => (key ||= event.key !== "Tab"));
  input.addEventListener("keyup", () => {
    key = false;
    end();
  });
  input.addEventListener("blur", () => {
    key = pointer = false;
    end();
  });
  return {
    /** Whether the user is moving it right now. */
    held: () => pointer || moved !== null,
    moved: () => moved !== null,
    /** @param {number} x */
    to: (x) => (moved = x),
    forget: () => (moved = null),
  };
}
