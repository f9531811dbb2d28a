/** SVG paths. */

/**
 * A path through points.
 * @param {readonly (readonly [number, number])[]} points
 * @param {(x: number) => number} toX
 * @param {(y: number) => number} toY
 */
export const pathOf = (points, toX, toY) =>
  points.map(([x, y], i) => `${i ? "L" : "M"}${toX(x).toFixed(1)} ${toY(y).toFixed(1)}`).join("");
