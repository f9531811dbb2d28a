/** Where the picks lie on the path that Walk follows through all of them, and what a place on it is called. */

import { letter } from "../state/state.js";

const ROUNDING = 1e-4; // t is kept with six digits

/**
 * How many segments a path through `count` picks has.
 * @param {number} count
 * @param {boolean} closed
 */
export const segmentsOf = (count, closed) => (closed ? count : count - 1);

/**
 * "37 % of the way from A to B"
 * @param {number} count
 * @param {number} t
 * @param {boolean} closed
 */
export function placeText(count, t, closed) {
  const segments = segmentsOf(count, closed);
  const at = t * segments;
  const segment = Math.min(Math.floor(at), segments - 1);
  const percent = Math.round((at - segment) * 100);
  const [from, to] = [letter(segment), letter((segment + 1) % count)];
  if (percent === 0) return `at ${from}`;
  return percent === 100 ? `at ${to}` : `${percent} % of the way from ${from} to ${to}`;
}

/**
 * The index of the pick that lies at t, or null.
 * @param {number} count
 * @param {number} t
 * @param {boolean} closed
 */
export function pickAt(count, t, closed) {
  const at = t * segmentsOf(count, closed);
  return Math.abs(at - Math.round(at)) < ROUNDING ? Math.round(at) % count : null;
}

/**
 * Where each pick lies on the path, 0 to 1; a closed path ends where it began.
 * @param {number} count
 * @param {boolean} closed
 */
export function pickMarks(count, closed) {
  const last = segmentsOf(count, closed);
  return Array.from({ length: last + 1 }, (_, i) => ({ t: i / last, text: letter(i % count) }));
}
