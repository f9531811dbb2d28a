/**
 * Between points of the latent space: straight lines and arcs, paths through several points, squares of four.
 *
 * Why spherical: the norms of standard normal vectors concentrate near sqrt(d), so the straight line between two of
 * them leads through norms that the generator has hardly ever seen (White 2016, "Sampling Generative Networks"). The
 * arc of Shoemake (1985, "Animating Rotation with Quaternion Curves") keeps to the norms of its ends.
 */

import { basisVector, combined, dot, norm, perpendicular, smallestCoordinate, stack } from "./vectors.js";

/** @typedef {"linear" | "spherical"} Interpolation */

const PARALLEL = 1e-8; // two directions whose sine is smaller are one line: float32 knows no finer

/**
 * The point at t (0 to 1) between a and b, the ends exactly. Spherical: along the great circle from a's direction to
 * b's, while the norm goes linearly from a's to b's. A vector without a direction (zero) and a single dimension have no
 * circle: there it is the straight line. Between opposite vectors, where every great circle is as short, it takes one
 * that bends to the coordinate in which a is smallest.
 * @param {Float32Array} a
 * @param {Float32Array} b
 * @param {number} t
 * @param {Interpolation} kind
 */
export function interpolate(a, b, t, kind) {
  if (t <= 0) return a.slice();
  if (t >= 1) return b.slice();
  return kind === "spherical" ? arc(a, b, t) : combined(a, 1 - t, b, t);
}

/**
 * @param {Float32Array} a
 * @param {Float32Array} b
 * @param {number} t
 */
function arc(a, b, t) {
  const [normA, normB] = [norm(a), norm(b)];
  if (normA === 0 || normB === 0 || a.length === 1) return combined(a, 1 - t, b, t);
  const from = Float64Array.from(a, (x) => x / normA);
  const to = Float64Array.from(b, (x) => x / normB);
  const cosine = dot(from, to);
  let across = perpendicular(to, from);
  const sine = norm(across);
  if (sine < PARALLEL) across = perpendicular(basisVector(smallestCoordinate(from), a.length), from);
  across = perpendicular(across, from); // once more: the rest of a short vector is not quite at right angles
  const angle = t * (sine < PARALLEL ? (cosine > 0 ? 0 : Math.PI) : Math.atan2(sine, cosine));
  const radius = (1 - t) * normA + t * normB;
  return combined(from, radius * Math.cos(angle), across, (radius * Math.sin(angle)) / norm(across));
}

/**
 * The point at t of the path through some points, from the first to the last. A closed path returns to the first
 * point; there t may be any number, and each whole one is a round.
 * @param {Float32Array[]} points at least two; one will do for a closed path
 * @param {number} t from 0 to 1 for the whole path
 * @param {Interpolation} kind
 * @param {boolean} closed
 */
export function pathPoint(points, t, kind, closed) {
  const segments = closed ? points.length : points.length - 1;
  const at = (closed ? t - Math.floor(t) : t) * segments;
  const segment = Math.min(Math.floor(at), segments - 1);
  return interpolate(points[segment], points[(segment + 1) % points.length], at - segment, kind);
}

/**
 * n points along a path, both ends included; flat.
 * @param {Float32Array[]} points
 * @param {number} n at least 2
 * @param {Interpolation} kind
 * @param {boolean} closed
 */
export function pathSteps(points, n, kind, closed) {
  return stack(Array.from({ length: n }, (_, i) => pathPoint(points, i / (n - 1), kind, closed)));
}

/**
 * A mixture of four corners: along the upper and the lower edge by x, then between those by y (both 0 to 1).
 * @param {Float32Array[]} corners top left, top right, bottom left, bottom right
 * @param {number} x
 * @param {number} y
 * @param {Interpolation} kind
 */
export function mixCorners([topLeft, topRight, bottomLeft, bottomRight], x, y, kind) {
  return interpolate(interpolate(topLeft, topRight, x, kind), interpolate(bottomLeft, bottomRight, x, kind), y, kind);
}
