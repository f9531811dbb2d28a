/** The positions of a slider: each knob has a list of round values, 0 a position of its own where it means "none". */

/** @import { Knob } from "../../types.d.ts" */

import { duration, value as shownValue } from "../../shared/format.js";
import { numberOf } from "../../shared/numbers.js";

/** The round numbers of a decade: evenly spaced on a logarithmic scale, as far as that goes. */
const ROUND = [1, 1.1, 1.2, 1.4, 1.6, 1.8, 2, 2.2, 2.5, 2.8, 3, 3.5, 4, 4.5, 5, 5.5, 6, 7, 8, 9];
const [MINUTE, HOUR, DAY] = [60, 3600, 86400];
/** Round times, in seconds. */
const TIMES = [
  ...[1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50],
  ...[1, 1.5, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50].map((x) => x * MINUTE),
  ...[1, 1.5, 2, 3, 4, 5, 6, 8, 10, 12, 18].map((x) => x * HOUR),
  ...[1, 2, 3, 4, 5, 6, 7].map((x) => x * DAY),
];
const MOST = 400;
/**
 * Units that a field shows and understands behind its number.
 * @type {Record<string, string>}
 */
const SHORT_UNITS = { seconds: " s", "batches/s": "/s" };

/**
 * What a scale is made of.
 * @typedef {Pick<Knob, "kind" | "high" | "scale" | "smallest"> & Partial<Knob>} Range
 * @typedef {{ values: number[], nearest: (x: number) => number }} Scale
 *   what a slider goes through: `values` by position, and the position `nearest` to any value
 */

/** @param {number} x */
const tidy = (x) => Number(x.toPrecision(12));

/**
 * Round numbers from below `low` to above `high`.
 * @param {number} low
 * @param {number} high
 */
function logValues(low, high) {
  /** @type {number[]} */
  const values = [];
  for (let k = Math.floor(Math.log10(low)); k <= Math.ceil(Math.log10(high)); k++) {
    values.push(...ROUND.map((x) => tidy(x * 10 ** k)));
  }
  return values;
}

/**
 * As near to 1 as the round numbers are to 0, so that 0.9, 0.99 and 0.999 are equally far apart.
 * @param {number} low
 * @param {number} high
 */
const nearOneValues = (low, high) => logValues(1 - high, 1 - low).map((x) => tidy(1 - x)).reverse();

/**
 * @param {number} low
 * @param {number} high
 * @param {boolean} whole
 */
function evenValues(low, high, whole) {
  const rough = (high - low) / 100;
  const decade = 10 ** Math.floor(Math.log10(rough));
  const nice = [1, 2, 5, 10].map((m) => m * decade).find((step) => step >= rough * 0.999) ?? 10 * decade;
  const step = whole ? Math.max(1, Math.ceil((high - low) / MOST)) : nice;
  const values = [];
  for (let k = 0; low + k * step <= high + step * 1e-9; k++) values.push(tidy(low + k * step));
  return values;
}

/** @param {Range} range */
function innerValues({ smallest: low, high, scale, kind, unit }) {
  const whole = kind === "int";
  if (unit === "seconds") return TIMES;
  if (scale === "log") return whole ? logValues(low, high).map(Math.round) : logValues(low, high);
  return scale === "near-one" ? nearOneValues(low, high) : evenValues(low, high, whole);
}

/**
 * The position in ascending `values` nearest to `x`.
 * @param {number[]} values
 * @param {number} x
 */
function nearest(values, x) {
  let low = 0;
  let high = values.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (values[middle] <= x) low = middle;
    else high = middle;
  }
  return x - values[low] <= values[high] - x ? low : high;
}

/**
 * @param {Range} range
 * @returns {Scale}
 */
export function createScale(range) {
  const { smallest, high, zero = "", zero_last: last = false } = range;
  const inner = innerValues(range).filter((x) => x > smallest && x < high);
  return scaleOf([...new Set([smallest, ...inner, high])], zero ? (last ? "last" : "first") : null);
}

/**
 * @param {number[]} numbers ascending
 * @param {"first" | "last" | null} [zero] where 0 has a position of its own
 * @returns {Scale}
 */
export function scaleOf(numbers, zero = null) {
  const values = [...(zero === "first" ? [0] : []), ...numbers, ...(zero === "last" ? [0] : [])];
  const shift = zero === "first" ? 1 : 0;
  return { values, nearest: (x) => (zero && x === 0 ? values.indexOf(0) : shift + nearest(numbers, x)) };
}

/**
 * A knob's value in words: "20 numbers", "2 min", "no limit".
 * @param {Pick<Knob, "zero" | "unit">} knob
 * @param {number} x
 */
export function inWords(knob, x) {
  if (knob.zero && x === 0) return knob.zero;
  if (knob.unit === "seconds") return duration(x).replace(/ 0 (s|min|h)$/, "");
  return shownValue(x) + (knob.unit ? ` ${knob.unit}` : "");
}

/**
 * A value as a field shows it: very small ones with an exponent, to fit.
 * @param {Pick<Knob, "zero" | "unit">} knob
 * @param {number} x
 */
export function fieldText(knob, x) {
  if (knob.zero && x === 0) return knob.zero;
  if (knob.unit in SHORT_UNITS) return shownValue(x, 6) + SHORT_UNITS[knob.unit];
  const text = shownValue(x, 6);
  return text.length > 9 ? x.toExponential() : text;
}

/**
 * What a typed text means for a knob.
 * @param {Knob} knob
 * @param {string} text
 * @returns {{ value: number } | { error: string }}
 */
export function readTyped(knob, text) {
  const trimmed = text.trim().replace(/^(-?\d*),(\d+)$/, "$1.$2");
  if (knob.zero && trimmed.toLowerCase() === knob.zero) return { value: 0 };
  const unit = SHORT_UNITS[knob.unit]?.trim();
  const typedUnit = unit !== undefined && trimmed.toLowerCase().endsWith(unit);
  const value = numberOf(typedUnit ? trimmed.slice(0, -unit.length).trimEnd() : trimmed);
  const good = Number.isFinite(value) && value >= knob.low && value <= knob.high;
  if (good && (knob.kind !== "int" || Number.isInteger(value))) return { value };
  const shown = text.trim() ? text.trim().slice(0, 40) : "empty";
  return { error: `${knob.label} is ${shown}; it must be ${knob.range}.` };
}
