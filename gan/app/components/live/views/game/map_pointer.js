/** Pointing at the map: at a dot, or around several, with a mouse, a finger or keys. */

/** @import { Point } from "./plane.js" */

import { byFinger, createDrag } from "../../../shared/gestures.js";

const MOUSE_SLOP = 4; // px
const REACH = byFinger ? 24 : 12; // px around a dot

/**
 * @typedef {object} PointerListeners
 * @property {(place: Point, within: number) => void} point
 * @property {(line: Point[]) => void} draw a lasso is being drawn
 * @property {(line: Point[]) => void} enclose it is closed
 * @property {(by: number) => void} step to another dot by keys
 * @property {() => void} clear
 */

/**
 * @param {HTMLElement} canvas
 * @param {PointerListeners} on
 */
export function createMapPointer(canvas, on) {
  /** @type {Point[]} */
  let line = [];

  /**
   * @param {number} x
   * @param {number} y
   * @returns {Point}
   */
  function placed(x, y) {
    const { left, top } = canvas.getBoundingClientRect();
    return [x - left, y - top];
  }

  createDrag(canvas, {
    begin: (x, y) => (line = [placed(x, y)]),
    move(x, y) {
      line.push(placed(x, y));
      on.draw(line);
    },
    end() {
      on.enclose(line);
      line = [];
    },
    cancel() {
      line = [];
      on.draw(line);
    },
    tap: (x, y) => on.point(placed(x, y), REACH),
  }, MOUSE_SLOP);

  canvas.addEventListener("pointermove", (event) => {
    if (event.pointerType === "mouse" && !event.buttons) on.point(placed(event.clientX, event.clientY), REACH);
  });
  canvas.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
    if (by === undefined && event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation(); // a replay listens to the same keys
    if (by === undefined) on.clear();
    else on.step(by);
  });
}
