/** Logits as dots above an axis, a row for each kind of image, with the boundary between "fake" and "real". */

import { figure } from "../../../shared/format.js";
import { s } from "./svg.js";

const WIDTH = 480;
const ROW = 34;
const LEFT = 92;
const MOST_DOTS = 512;

/**
 * @typedef {object} Row
 * @property {string} name
 * @property {"real" | "fake"} ink
 * @property {number[]} logits
 */

/**
 * @param {Row[]} rows
 * @param {number} boundary a logit above it counts as "real"
 */
export function logitStrip(rows, boundary) {
  const all = rows.flatMap((row) => row.logits);
  const low = Math.min(boundary, ...all);
  const high = Math.max(boundary, ...all);
  const across = (/** @type {number} */ x) => LEFT + 8 + ((x - low) / (high - low || 1)) * (WIDTH - LEFT - 16);
  const height = rows.length * ROW + 22;
  const words = rows.map(({ name, logits }) => `${name}: mean ${figure(mean(logits), 3)}`);
  return s("svg", { viewBox: `0 0 ${WIDTH} ${height}`, role: "img", class: "lg-step-strip",
    "aria-label": `Logits. ${words.join("; ")}. Above ${boundary} counts as real.` },
    s("line", { x1: across(boundary), x2: across(boundary), y1: 0, y2: rows.length * ROW, class: "lg-step-boundary" }),
    ...rows.flatMap((row, i) => dots(row, i, across)),
    s("text", { x: across(boundary), y: height - 6, "text-anchor": "middle" }, `${boundary}`),
    s("text", { x: LEFT + 8, y: height - 6 }, across(boundary) > LEFT + 80 ? "← “fake”" : ""),
    s("text", { x: WIDTH - 8, y: height - 6, "text-anchor": "end" },
      across(boundary) < WIDTH - 70 ? "“real” →" : ""));
}

/**
 * @param {Row} row
 * @param {number} index
 * @param {(x: number) => number} across
 */
function dots({ name, ink, logits }, index, across) {
  const middle = index * ROW + ROW / 2;
  const every = Math.ceil(logits.length / MOST_DOTS);
  const shown = logits.filter((_, i) => i % every === 0);
  const average = across(mean(logits));
  return [
    s("text", { x: 0, y: middle + 4 }, name),
    s("g", { "data-of": ink }, ...shown.map((x, i) =>
      s("circle", { cx: across(x).toFixed(1), cy: (middle + (((i * 7) % 11) - 5) * 1.7).toFixed(1), r: 2.6 })),
      s("line", { x1: average, x2: average, y1: middle - 14, y2: middle + 14 })),
  ];
}

/** @param {number[]} numbers */
export const mean = (numbers) => numbers.reduce((sum, x) => sum + x, 0) / numbers.length;
