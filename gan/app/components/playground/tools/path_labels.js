/** Where the stops lie on the path that Walk follows through all of them, and what a place on it is called. */

const ROUNDING = 1e-4; // t is kept with six digits

/**
 * How many segments a path through `count` stops has.
 * @param {number} count
 * @param {boolean} closed
 */
export const segmentsOf = (count, closed) => (closed ? count : count - 1);

/**
 * "37 % of the way from A to B"
 * @param {string[]} names of the stops
 * @param {number} t
 * @param {boolean} closed
 */
export function placeText(names, t, closed) {
  const segments = segmentsOf(names.length, closed);
  const at = t * segments;
  const segment = Math.min(Math.floor(at), segments - 1);
  const percent = Math.round((at - segment) * 100);
  const [from, to] = [names[segment], names[(segment + 1) % names.length]];
  if (percent === 0) return `at ${from}`;
  return percent === 100 ? `at ${to}` : `${percent} % of the way from ${from} to ${to}`;
}

/**
 * The index of the stop that lies at t, or null.
 * @param {number} count
 * @param {number} t
 * @param {boolean} closed
 */
export function stopAt(count, t, closed) {
  const at = t * segmentsOf(count, closed);
  return Math.abs(at - Math.round(at)) < ROUNDING ? Math.round(at) % count : null;
}

/**
 * Where each stop lies on the path, 0 to 1; a closed path ends where it began.
 * @param {string[]} names
 * @param {boolean} closed
 */
export function pathMarks(names, closed) {
  const last = segmentsOf(names.length, closed);
  return Array.from({ length: last + 1 }, (_, i) => ({ t: i / last, text: names[i % names.length] }));
}
