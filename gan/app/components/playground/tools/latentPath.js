/** The way through all picks that Walk goes, open or closed. */

import { between, stack, tourPoint } from "../engine/latent.js";
import { letter } from "../state/state.js";

const ROUNDING = 1e-4; // t is kept with six digits

/**
 * @param {Float32Array[]} points at least two
 * @param {number} t 0 to 1 for the whole way
 * @param {import("../engine/latent.js").Kind} kind
 * @param {boolean} closed back to the first point
 */
export function pathPoint(points, t, kind, closed) {
  if (closed) return tourPoint(points, t, kind);
  const at = t * (points.length - 1);
  const leg = Math.min(Math.floor(at), points.length - 2);
  return between(points[leg], points[leg + 1], at - leg, kind);
}

/** n points along the way, both ends included; flat. */
export function pathSteps(points, n, kind, closed) {
  return stack(Array.from({ length: n }, (_, i) => pathPoint(points, i / (n - 1), kind, closed)));
}

/** How many legs it has. */
export const legs = (count, closed) => (closed ? count : count - 1);

/** "37 % of the way from A to B" */
export function words(count, t, closed) {
  const at = t * legs(count, closed);
  const leg = Math.min(Math.floor(at), legs(count, closed) - 1);
  const share = Math.round((at - leg) * 100);
  const [from, to] = [letter(leg), letter((leg + 1) % count)];
  return share === 0 ? `at ${from}` : share === 100 ? `at ${to}` : `${share} % of the way from ${from} to ${to}`;
}

/** The number of the pick that lies at t, or null. */
export function station(count, t, closed) {
  const at = t * legs(count, closed);
  return Math.abs(at - Math.round(at)) < ROUNDING ? Math.round(at) % count : null;
}

/** Where each pick lies on the way, 0 to 1; a closed way ends where it began. */
export function stations(count, closed) {
  const last = legs(count, closed);
  return Array.from({ length: last + 1 }, (_, i) => ({ t: i / last, text: letter(i % count) }));
}
