/** Sums and products of vectors. A vector is a Float32Array; several of one length d are one flat array of n * d. */

/** @typedef {Float32Array | Float64Array} Vector */

/**
 * @param {Vector} a
 * @param {Vector} b
 */
export function dot(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** @param {Vector} a */
export const norm = (a) => Math.sqrt(dot(a, a));

/**
 * Vector number `i` of a flat array, without copying.
 * @template {Vector} Flat
 * @param {Flat} flat
 * @param {number} i
 * @param {number} d
 * @returns {Flat}
 */
export const row = (flat, i, d) => /** @type {Flat} */ (flat.subarray(i * d, (i + 1) * d));

/**
 * Vectors as one flat array.
 * @param {Vector[]} vectors
 */
export function stack(vectors) {
  const d = vectors[0]?.length ?? 0;
  const flat = new Float32Array(vectors.length * d);
  vectors.forEach((vector, i) => flat.set(vector, i * d));
  return flat;
}

/**
 * s * a + t * b
 * @param {Vector} a
 * @param {number} s
 * @param {Vector} b
 * @param {number} t
 */
export function combined(a, s, b, t) {
  return Float32Array.from(a, (x, i) => s * x + t * b[i]);
}

/**
 * The mean of at least one vector.
 * @param {Vector[]} vectors
 */
export function mean(vectors) {
  const sum = new Float64Array(vectors[0].length);
  for (const vector of vectors) for (let i = 0; i < sum.length; i++) sum[i] += vector[i];
  return Float32Array.from(sum, (x) => x / vectors.length);
}

/**
 * mean(plus) - mean(minus) + z, as in Radford et al. 2016: "smiling woman - neutral woman + neutral man". The mean of
 * no vectors counts as zero.
 * @param {Float32Array[]} plus
 * @param {Float32Array[]} minus
 * @param {Float32Array} z
 */
export function arithmetic(plus, minus, z) {
  const none = new Float32Array(z.length);
  const [a, b] = [plus, minus].map((vectors) => (vectors.length ? mean(vectors) : none));
  return z.map((x, i) => a[i] - b[i] + x);
}

/**
 * z moved by amounts[k] along vectors[k].
 * @param {Vector} z
 * @param {Vector[]} vectors
 * @param {number[]} amounts
 */
export function moved(z, vectors, amounts) {
  const sum = Float64Array.from(z);
  vectors.forEach((vector, k) => {
    if (amounts[k]) for (let i = 0; i < sum.length; i++) sum[i] += amounts[k] * vector[i];
  });
  return Float32Array.from(sum);
}

/**
 * The part of b at right angles to the unit vector a, in double precision.
 * @param {Vector} b
 * @param {Vector} a
 */
export function perpendicular(b, a) {
  const share = dot(a, b);
  return Float64Array.from(b, (x, i) => x - share * a[i]);
}

/**
 * The unit vector of coordinate `i`.
 * @param {number} i
 * @param {number} d
 */
export function basisVector(i, d) {
  const unit = new Float64Array(d);
  unit[i] = 1;
  return unit;
}

/**
 * The coordinate in which a vector is smallest.
 * @param {Vector} a
 */
export function smallestCoordinate(a) {
  let best = 0;
  for (let i = 1; i < a.length; i++) if (Math.abs(a[i]) < Math.abs(a[best])) best = i;
  return best;
}
