/** A flat map of the latent space: a plane with an orthonormal basis, so that distances on the map are true. */

import { basisVector, combined, dot, norm, perpendicular, smallestCoordinate } from "./vectors.js";

/** @import { Vector } from "./vectors.js" */

/**
 * @typedef {object} Plane
 * @property {Float32Array} origin
 * @property {Float32Array} u unit vector to the right
 * @property {Float32Array} v unit vector downwards, at right angles to u (zero where there is but one dimension)
 */

/**
 * The plane through three vectors; a is its origin and b lies to the right of it. If the three lie on one line (or on
 * one point), the missing direction is the coordinate that the others point along least.
 * @param {Float32Array} a
 * @param {Float32Array} b
 * @param {Float32Array} c
 * @returns {Plane}
 */
export function planeThrough(a, b, c) {
  const toB = combined(b, 1, a, -1);
  const toC = combined(c, 1, a, -1);
  const u = unit([toB, toC, basisVector(0, a.length)]);
  const missing = basisVector(smallestCoordinate(u), a.length);
  const v = a.length === 1 ? new Float64Array(1) : unit([rest(toC, u), rest(missing, u)]);
  return { origin: a.slice(), u: Float32Array.from(u), v: Float32Array.from(v) };
}

/**
 * The whole latent space of a model with two (or one) latent numbers, around zero.
 * @param {number} latentDim
 * @returns {Plane}
 */
export function wholePlane(latentDim) {
  const [u, v] = [0, 1].map((i) => Float32Array.from(i < latentDim ? basisVector(i, latentDim) : [0]));
  return { origin: new Float32Array(latentDim), u, v };
}

/**
 * The vector at (x, y) of the map.
 * @param {Plane} plane
 * @param {number} x
 * @param {number} y
 */
export function planePoint({ origin, u, v }, x, y) {
  return origin.map((o, i) => o + x * u[i] + y * v[i]);
}

/**
 * Where a vector's foot lies on the map.
 * @param {Plane} plane
 * @param {Vector} z
 * @returns {[x: number, y: number]}
 */
export function coordinates({ origin, u, v }, z) {
  const from = combined(z, 1, origin, -1);
  return [dot(from, u), dot(from, v)];
}

/**
 * Rows of vectors: (x, y) is the first one's place, `step` the distance to the next. Flat, rows * columns vectors.
 * @param {Plane} plane
 * @param {number} x
 * @param {number} y
 * @param {number} step
 * @param {number} columns
 * @param {number} rows
 */
export function planeGrid(plane, x, y, step, columns, rows) {
  const d = plane.origin.length;
  const flat = new Float32Array(rows * columns * d);
  for (let i = 0; i < rows * columns; i++) {
    flat.set(planePoint(plane, x + (i % columns) * step, y + Math.floor(i / columns) * step), i * d);
  }
  return flat;
}

/**
 * The part of b at right angles to u, or zero if that is rounding error.
 * @param {Vector} b
 * @param {Vector} u
 */
function rest(b, u) {
  const across = perpendicular(perpendicular(b, u), u);
  return norm(across) > 1e-6 * norm(b) ? across : new Float64Array(b.length);
}

/**
 * The first of some vectors that is not zero, in double precision and of length 1; one of them must be.
 * @param {Vector[]} vectors
 */
function unit(vectors) {
  const vector = vectors.find((each) => norm(each) > 0) ?? new Float64Array(vectors[0].length);
  const length = norm(vector);
  return Float64Array.from(vector, (x) => x / length);
}
