/** Arrows between boxes. */

/** @import { Edge } from "./game_parts.js" */

/** @typedef {{ x: number, y: number, width: number, height: number }} Box */

const REACH = 44; // pixels that an arrow goes straight on from an edge, at most
const TIP = 7; // pixels between an arrow's end and the box, for its head

/** @type {Record<Edge, [x: number, y: number]>} */
const OUTWARD = { top: [0, -1], right: [1, 0], bottom: [0, 1], left: [-1, 0] };

/**
 * The middle of a box's edge.
 * @param {Box} box
 * @param {Edge} edge
 */
function middle({ x, y, width, height }, edge) {
  const [dx, dy] = OUTWARD[edge];
  return [x + width / 2 + (dx * width) / 2, y + height / 2 + (dy * height) / 2];
}

/**
 * A curve from one box to another, as the `d` of an SVG path.
 * @param {Box} from
 * @param {Box} to
 * @param {[Edge, Edge]} edges where it leaves and where it arrives
 */
export function arrow(from, to, [leaves, arrives]) {
  const [x0, y0] = middle(from, leaves);
  const [ox, oy] = OUTWARD[leaves];
  const [ix, iy] = OUTWARD[arrives];
  const [endX, endY] = middle(to, arrives);
  const [x1, y1] = [endX + ix * TIP, endY + iy * TIP];
  const same = leaves === arrives; // it goes around what lies between, within the margin
  const reach = same ? REACH / 2 : Math.min(REACH, Math.hypot(x1 - x0, y1 - y0) / 2);
  const numbers = [x0, y0, x0 + ox * reach, y0 + oy * reach, x1 + ix * reach, y1 + iy * reach, x1, y1];
  const [a, b, c, d, e, f, g, h] = numbers.map((n) => Math.round(n * 10) / 10);
  return `M${a} ${b}C${c} ${d} ${e} ${f} ${g} ${h}`;
}
