/** Logits as dots above an axis, a row for each kind of image, with the boundary between "fake" and "real". */

import { figure } from "../../../shared/format.js";
import { svg } from "../../../shared/svg.js";

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
 * @param {number | null} boundary a logit above it counts as "real"; null: only differences count
 */
export function logitStrip(rows, boundary) {
  const all = rows.flatMap((row) => row.logits);
  const low = Math.min(boundary ?? all[0], ...all);
  const high = Math.max(boundary ?? all[0], ...all);
  const across = (/** @type {number} */ x) => LEFT + 8 + ((x - low) / (high - low || 1)) * (WIDTH - LEFT - 16);
  const height = rows.length * ROW + 22;
  const words = rows.map(({ name, logits }) => `${name}: mean ${figure(mean(logits), 3)}`);
  return svg("svg", { viewBox: `0 0 ${WIDTH} ${height}`, role: "img", class: "lg-step-strip",
    "aria-label": `Logits. ${words.join("; ")}.${boundary === null ? "" : ` Above ${boundary} counts as real.`}` },
    ...(boundary === null ? ends(low, high, height) : border(boundary, across(boundary), height)),
    ...rows.flatMap((row, i) => dots(row, i, across)));
}

/**
 * The boundary and what its sides mean.
 * @param {number} boundary
 * @param {number} x where it is
 * @param {number} height
 */
const border = (boundary, x, height) => [
  svg("line", { x1: x, x2: x, y1: 0, y2: height - 22, class: "lg-step-boundary" }),
  svg("text", { x, y: height - 6, "text-anchor": "middle" }, `${boundary}`),
  svg("text", { x: LEFT + 8, y: height - 6 }, x > LEFT + 80 ? "← “fake”" : ""),
  svg("text", { x: WIDTH - 8, y: height - 6, "text-anchor": "end" }, x < WIDTH - 70 ? "“real” →" : ""),
];

/**
 * The least and the greatest logit.
 * @param {number} low
 * @param {number} high
 * @param {number} height
 */
const ends = (low, high, height) => [
  svg("text", { x: LEFT + 8, y: height - 6 }, figure(low, 2).replace("-", "−")),
  svg("text", { x: WIDTH - 8, y: height - 6, "text-anchor": "end" }, figure(high, 2).replace("-", "−")),
];

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
    svg("text", { x: 0, y: middle + 4 }, name),
    svg("g", { "data-of": ink }, ...shown.map((x, i) =>
      svg("circle", { cx: across(x).toFixed(1), cy: (middle + (((i * 7) % 11) - 5) * 1.7).toFixed(1), r: 2.6 })),
      svg("line", { x1: average, x2: average, y1: middle - 14, y2: middle + 14 })),
  ];
}

/** @param {number[]} numbers */
export const mean = (numbers) => numbers.reduce((sum, x) => sum + x, 0) / numbers.length;
