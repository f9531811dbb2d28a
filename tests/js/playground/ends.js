/** Pairs of latent vectors to go between. */

import { normal, rng } from "../../../gan/app/components/playground/engine/random.js";
import { combined } from "../../../gan/app/components/playground/engine/vectors.js";

export const SIZES = [1, 2, 3, 10, 100, 512];

/**
 * Random vectors.
 * @param {number} count
 * @param {number} size
 * @param {number} seed
 */
export function randomVectors(count, size, seed) {
  const draw = normal(rng(seed));
  return Array.from({ length: count }, () => Float32Array.from({ length: size }, draw));
}

/**
 * Ends of walks: random ones of all lengths, then the awkward ones.
 * @param {number} size
 * @returns {[Float32Array, Float32Array][]}
 */
export function pairs(size) {
  const scale = rng(size, 1);
  const vectors = randomVectors(120, size, size);
  /** @type {[Float32Array, Float32Array][]} */
  const plain = Array.from({ length: 60 }, (_, i) => {
    const length = 10 ** (5 * scale() - 3); // from 0.001 to 100
    const [a, b] = vectors.slice(2 * i, 2 * i + 2).map((z) => z.map((x) => x * length));
    return [a, b];
  });
  return [...plain, ...plain.slice(0, 4).flatMap(([a, b]) => awkward(a, b))];
}

/**
 * @param {Float32Array} a
 * @param {Float32Array} b
 * @returns {[Float32Array, Float32Array][]}
 */
function awkward(a, b) {
  const zero = new Float32Array(a.length);
  const first = Float32Array.from(a, (_, i) => (i === 0 ? 1 : 0));
  return [
    [zero, zero], [zero, a], [a, zero], [a, a], [a, combined(a, 3, a, 0)], [a, combined(a, -1, a, 0)],
    [a, combined(a, -2, a, 0)], [first, combined(first, -1, first, 0)],
    [a, combined(a, 1, b, 1e-6)], [a, combined(a, -1, b, 1e-6)],
    [a, combined(a, 1, b, 1e-9)], [a, combined(a, -1, b, 1e-9)],
  ];
}
