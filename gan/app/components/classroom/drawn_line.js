/** A line that somebody draws from left to right: where the finger goes, the line goes, and it never turns back. */

/** @typedef {[batch: number, value: number]} Point */

export const MOST_POINTS = 64;
const STEPS = 4 * (MOST_POINTS - 1); // places at which a line is kept while it is drawn

/**
 * The line after the finger has moved from one point to another: what it has passed over is new, the rest stays.
 * @param {Point[]} line by rising batches
 * @param {Point} from
 * @param {Point} to
 * @param {{ from_batch: number, to_batch: number, low: number, high: number }} axes
 * @returns {Point[]}
 */
export function drawnOn(line, from, to, axes) {
  const [start, end] = [within(from, axes), within(to, axes)].sort((a, b) => a[0] - b[0]);
  const width = (axes.to_batch - axes.from_batch) / STEPS;
  const first = Math.round((start[0] - axes.from_batch) / width);
  const last = Math.round((end[0] - axes.from_batch) / width);
  /** @type {Point[]} */
  const passed = [];
  for (let place = first; place <= last; place++) {
    const batch = axes.from_batch + place * width;
    const share = last === first ? 1 : (place - first) / (last - first);
    passed.push([batch, last === first ? to[1] : start[1] + share * (end[1] - start[1])]);
  }
  const [left, right] = [passed[0][0] - width / 2, passed[passed.length - 1][0] + width / 2];
  return [...line.filter(([batch]) => batch < left), ...passed.map((point) => within(point, axes)),
    ...line.filter(([batch]) => batch > right)];
}

/**
 * @param {Point} point
 * @param {{ from_batch: number, to_batch: number, low: number, high: number }} axes
 * @returns {Point}
 */
function within([batch, value], { from_batch, to_batch, low, high }) {
  return [Math.min(to_batch, Math.max(from_batch, batch)), Math.min(high, Math.max(low, value))];
}

/**
 * A line as the server takes it: in no more points than it may have, its ends among them.
 * @param {Point[]} line
 * @returns {Point[]}
 */
export function fewPoints(line) {
  if (line.length <= MOST_POINTS) return line;
  const last = line.length - 1;
  return Array.from({ length: MOST_POINTS }, (_, i) => line[Math.round((i * last) / (MOST_POINTS - 1))]);
}
