/** A chart on which one draws with the finger how a curve goes on; arrow keys draw, too. */

/** @import { ClassAxes } from "../types.d.ts" */
/** @import { Point } from "./drawn_line.js" */

import { button, h, setAttr, setText } from "../shared/dom.js";
import { createCurveChart } from "./curve_chart.js";
import { drawnOn, fewPoints } from "./drawn_line.js";

const KEY_STEPS = 16; // that an arrow key takes from one end of the chart to the other
const TO_LEARN = "Draw with your finger from left to right; draw over a part to change it.";

/**
 * Where the pen is after an arrow key; null: it is another key.
 * @param {string} key
 * @param {Point} pen
 * @param {ClassAxes} axes
 * @returns {Point | null}
 */
function movedBy(key, [batch, height], { from_batch: from, to_batch: to, low, high }) {
  const step = { ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1], ArrowLeft: [-1, 0] }[key];
  return step ? [Math.min(to, Math.max(from, batch + (step[0] * (to - from)) / KEY_STEPS)),
    Math.min(high, Math.max(low, height + (step[1] * (high - low)) / KEY_STEPS))] : null;
}

/**
 * @param {ClassAxes} axes
 * @param {(line: Point[]) => void} send called with each line that is complete
 */
export function createCurveDrawing(axes, send) {
  const chart = createCurveChart(axes);
  const { from_batch: from, to_batch: to, low, high, before } = axes;
  const hint = h("p", { class: "lg-muted", text: TO_LEARN });
  /** @type {Point[]} */
  let line = [];
  /** @type {Point | null} where the finger is, while it draws */
  let at = null;
  let open = true;
  /** @type {Point} where the arrow keys are */
  let pen = [from, before.length ? before[before.length - 1][1] : (low + high) / 2];

  /** @param {Point[]} next */
  function show(next) {
    line = next;
    chart.drawMine(line);
  }

  /** @param {PointerEvent} event */
  function move(event) {
    if (!at) return;
    for (const each of event.getCoalescedEvents?.() ?? [event]) {
      const next = chart.pointAt(each);
      show(drawnOn(line, at, next, axes));
      at = next;
    }
  }

  function lift() {
    if (!at) return;
    at = null;
    finish();
  }

  function finish() {
    const covered = line.length > 1 ? (line[line.length - 1][0] - line[0][0]) / (to - from) : 0;
    if (covered > 0.5) send(fewPoints(line));
    setText(hint, covered > 0.5 ? TO_LEARN : "Draw on, at least half of the way to the right.");
  }

  /** @param {KeyboardEvent} event */
  function press(event) {
    const next = movedBy(event.key, pen, axes);
    if (!next || !open) return;
    event.preventDefault();
    if (next[0] !== pen[0]) show(drawnOn(line, pen, next, axes));
    pen = next;
    finish();
  }

  setAttr(chart.picture, "tabindex", "0");
  listen(chart.picture, { move, lift, press, down: (event) => open && (at = chart.pointAt(event)) });
  const again = button({ class: "lg-button lg-small", text: "Draw anew", onclick: () => open && show([]) });
  return {
    el: h("div", { class: "lg-curve-drawing" }, chart.el, h("div", { class: "lg-question-row" }, hint, again)),
    /** @param {Point[]} known the answer that counts */
    set(known) {
      if (!at && !line.length) show(known);
    },
    /** @param {boolean} can */
    enable(can) {
      open = can;
      hint.hidden = again.hidden = !can;
      setAttr(chart.picture, "data-open", can);
    },
  };
}

/**
 * @param {SVGElement} picture
 * @param {{ down: (event: PointerEvent) => unknown, move: (event: PointerEvent) => void, lift: () => void,
 *   press: (event: KeyboardEvent) => void }} on
 */
function listen(picture, { down, move, lift, press }) {
  picture.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    picture.setPointerCapture(event.pointerId);
    down(event);
  });
  picture.addEventListener("pointermove", move);
  picture.addEventListener("pointerup", lift);
  picture.addEventListener("pointercancel", lift);
  picture.addEventListener("keydown", press);
}
