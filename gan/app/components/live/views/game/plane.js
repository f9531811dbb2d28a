/** The plane of the map: from its coordinates to pixels and back, and which dots lie where. */

const EDGE = 1.1; // what is shown of the plane; dots beyond it lie at the edge

/** @typedef {[x: number, y: number]} Point in CSS pixels */
/** @typedef {[width: number, height: number]} Size */

/**
 * Where a point of the plane lies on the canvas.
 * @param {ArrayLike<number>} points x and y of one after the other
 * @param {number} index
 * @param {Size} size
 * @returns {Point}
 */
export function placeOf(points, index, [width, height]) {
  const x = Math.max(-EDGE, Math.min(EDGE, points[2 * index]));
  const y = Math.max(-EDGE, Math.min(EDGE, points[2 * index + 1]));
  return [6 + ((x + EDGE) / (2 * EDGE)) * (width - 12), 6 + ((EDGE - y) / (2 * EDGE)) * (height - 12)];
}

/**
 * The point that is nearest to a place, if it lies within some distance.
 * @param {ArrayLike<number>} points
 * @param {Size} size
 * @param {Point} place
 * @param {number} within px
 * @returns {number | null} its index
 */
export function nearestPoint(points, size, [x, y], within) {
  let [best, found] = [within, /** @type {number | null} */ (null)];
  for (let i = 0; 2 * i < points.length; i += 1) {
    const [px, py] = placeOf(points, i, size);
    const distance = Math.hypot(px - x, py - y);
    if (distance < best) [best, found] = [distance, i];
  }
  return found;
}

/**
 * The points within a closed line.
 * @param {ArrayLike<number>} points
 * @param {Size} size
 * @param {Point[]} line
 */
export function pointsWithin(points, size, line) {
  return Array.from({ length: points.length / 2 }, (_, i) => i)
    .filter((i) => isWithin(placeOf(points, i, size), line));
}

/**
 * Whether a line from the place to the left crosses the closed line an odd number of times.
 * @param {Point} place
 * @param {Point[]} line
 */
function isWithin([x, y], line) {
  let within = false;
  line.forEach(([ax, ay], i) => {
    const [bx, by] = line[(i + 1) % line.length];
    if (ay > y !== by > y && x < ax + ((y - ay) / (by - ay)) * (bx - ax)) within = !within;
  });
  return within;
}
