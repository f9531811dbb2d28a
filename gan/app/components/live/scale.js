/** The positions of a slider: every knob gets a list of round values, evenly spaced (or by ratio if it is logarithmic). */

const PER_DECADE = 20;
const MOST = 400;

/** @typedef {{name: string, label: string, meaning: string, kind: "float"|"int", low: number, high: number,
 *   log: boolean, unit: string, range: string, steering: boolean}} Knob */

/** `x` with two significant digits. */
const rounded = (x) => Number(x.toPrecision(2));

function logValues(low, high, whole) {
  const values = [];
  const first = Math.round(Math.log10(low) * PER_DECADE);
  const last = Math.round(Math.log10(high) * PER_DECADE);
  for (let k = first; k <= last; k++) {
    const x = rounded(10 ** (k / PER_DECADE));
    values.push(whole ? Math.round(x) : x);
  }
  return values;
}

function evenValues(low, high, whole) {
  const rough = (high - low) / 100;
  const decade = 10 ** Math.floor(Math.log10(rough));
  const nice = [1, 2, 5, 10].map((m) => m * decade).find((step) => step >= rough * 0.999);
  const step = whole ? Math.max(1, Math.ceil((high - low) / MOST)) : nice;
  const values = [];
  for (let k = 0; low + k * step <= high + step * 1e-9; k++) values.push(Number((low + k * step).toPrecision(12)));
  return values;
}

/**
 * The values that a knob's slider goes through, from low to high.
 * @param {Pick<Knob, "low"|"high"|"log"|"kind">} knob
 * @returns {number[]}
 */
export function sliderValues({ low, high, log, kind }) {
  const whole = kind === "int";
  const inner = log ? logValues(low, high, whole) : evenValues(low, high, whole);
  return [...new Set([low, ...inner.filter((x) => x > low && x < high), high])];
}

/** The position in `values` nearest to `x`. */
export function nearest(values, x) {
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
 * What a typed text means for a knob.
 * @param {Knob} knob
 * @param {string} text
 * @returns {{value: number} | {error: string}}
 */
export function readTyped(knob, text) {
  const trimmed = text.trim().replace(/^(-?\d*),(\d+)$/, "$1.$2");
  const value = trimmed === "" ? Number.NaN : Number(trimmed);
  const good = Number.isFinite(value) && value >= knob.low && value <= knob.high;
  if (good && (knob.kind !== "int" || Number.isInteger(value))) return { value };
  const shown = text.trim() ? text.trim().slice(0, 40) : "empty";
  return { error: `${knob.label} is ${shown}; it must be ${knob.range}.` };
}
