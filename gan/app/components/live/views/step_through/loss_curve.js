/** The loss of one logit as a curve, with the logits of the batch as dots on it. */

/** @import { LossTerm } from "../../../types.d.ts" */

import { h } from "../../../shared/dom.js";
import { figure } from "../../../shared/format.js";
import { svg } from "../../../shared/svg.js";

const WIDTH = 300;
const HEIGHT = 170;
const EDGE = { left: 38, right: 8, top: 10, bottom: 34 };
const MOST_DOTS = 400;

/**
 * The logits that a term is a mean over.
 * @param {LossTerm["of"]} of
 * @param {{ real: number[], fake: number[] }} logits
 */
export function logitsOf(of, { real, fake }) {
  if (of === "real" || of === "fake") return of === "real" ? real : fake;
  const sign = of === "real - fake" ? 1 : -1;
  return real.map((x, i) => sign * (x - fake[i]));
}

/**
 * The curve's value at a logit.
 * @param {LossTerm} term
 * @param {number} x
 */
export function onCurve({ low, high, curve }, x) {
  const place = ((Math.max(low, Math.min(high, x)) - low) / (high - low)) * (curve.length - 1);
  const left = Math.min(curve.length - 2, Math.floor(place));
  return curve[left] + (curve[left + 1] - curve[left]) * (place - left);
}

/**
 * @param {LossTerm} term
 * @param {number[]} logits
 */
export function lossCurve(term, logits) {
  const bottom = Math.min(...term.curve);
  const span = Math.max(...term.curve) - bottom || 1;
  const across = (/** @type {number} */ x) =>
    EDGE.left + ((x - term.low) / (term.high - term.low)) * (WIDTH - EDGE.left - EDGE.right);
  const up = (/** @type {number} */ y) =>
    HEIGHT - EDGE.bottom - ((y - bottom) / span) * (HEIGHT - EDGE.top - EDGE.bottom);
  const step = (term.high - term.low) / (term.curve.length - 1);
  const path = term.curve.map((y, i) =>
    `${i ? "L" : "M"}${across(term.low + i * step).toFixed(1)} ${up(y).toFixed(1)}`);
  const every = Math.ceil(logits.length / MOST_DOTS);
  const dots = logits.filter((_, i) => i % every === 0).map((x) =>
    svg("circle", { cx: across(x).toFixed(1), cy: up(onCurve(term, x)).toFixed(1), r: 3.2 }));
  const name = term.of.replace("-", "−");
  const slope = `mean slope at the dots ${signed(term.slope)}`;
  const drawing = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", class: "lg-step-curve",
    "data-of": term.of.includes("real") ? "real" : "fake",
    "aria-label": `The loss of one logit (${name}) as a curve; ${slope}.` },
    ...axis(across, up, term), svg("path", { d: path.join("") }), svg("g", {}, ...dots));
  return h("figure", { class: "lg-step-plot" }, /** @type {any} */ (drawing),
    h("figcaption", {}, h("b", { text: name }), ` · ${slope}`));
}

/**
 * @param {(x: number) => number} across
 * @param {(y: number) => number} up
 * @param {LossTerm} term
 */
function axis(across, up, { of, low, high, curve }) {
  const floor = HEIGHT - EDGE.bottom;
  const ticks = [low, 0, high].filter((x, i, all) => x >= low && x <= high && all.indexOf(x) === i);
  const heights = [Math.min(...curve), Math.max(...curve)];
  return [
    svg("line", { x1: EDGE.left, x2: WIDTH - EDGE.right, y1: floor, y2: floor }),
    svg("line", { x1: EDGE.left, x2: EDGE.left, y1: EDGE.top, y2: floor }),
    ...ticks.map((x) => svg("text", { x: across(x), y: floor + 14, "text-anchor": "middle" }, short(x))),
    svg("text", { x: WIDTH / 2, y: HEIGHT - 4, "text-anchor": "middle" },
      of.includes(" - ") ? "difference of logits" : "logit"),
    ...heights.map((y) => svg("text", { x: EDGE.left - 4, y: up(y) + 4, "text-anchor": "end" }, short(y))),
  ];
}

/** @param {number} x */
const short = (x) => figure(Math.abs(x) < 0.05 ? 0 : x, Math.abs(x) < 10 ? 1 : 0).replace("-", "−");

/** @param {number} x */
export const signed = (x) => `${x > 0 ? "+" : x < 0 ? "−" : ""}${figure(Math.abs(x), 3)}`;
