/**
 * Which directions of the latent space change the images most, as far as the generator's first layer tells.
 *
 * They are the right singular vectors of its weight W. For a linear first layer two papers meet here: the principal
 * components of its output under a normal prior (GANSpace, Härkönen et al. 2020), carried back, and the closed form of
 * SeFa (Shen and Zhou 2021) are both the eigenvectors of WᵀW.
 */

import { eigen } from "./eigen.js";
import { row, stack } from "./vectors.js";

/** @import { Directions } from "./engine.js" */
/** @import { Layer } from "./network.js" */

const NOTHING = 1e-6; // directions that do so little, compared to the first, do nothing that float32 could tell

/**
 * The layer as its first inputs see it: without the label that comes behind z.
 * @param {Layer} layer
 * @param {number} count of inputs
 * @returns {Layer}
 */
export function firstInputs(layer, count) {
  if (count === layer.inputs) return layer;
  const rows = Array.from({ length: layer.outputs }, (_, o) => row(layer.weight, o, layer.inputs).subarray(0, count));
  return { ...layer, weight: stack(rows), inputs: count };
}

/**
 * @param {Layer} layer
 * @returns {Directions} those that have an effect, at most as many as the layer has inputs or
 *   outputs; in each the largest number is positive
 */
export function principalDirections({ weight, inputs, outputs }) {
  const narrow = outputs < inputs; // then the left singular vectors are fewer, and W carries them over
  const size = Math.min(inputs, outputs);
  const products = narrow ? gram(transposed(weight, outputs, inputs), outputs, inputs) : gram(weight, inputs, outputs);
  const { values, vectors } = eigen(products, size);
  const singular = values.map((value) => Math.sqrt(Math.max(0, value)));
  const order = [...singular.keys()].sort((i, j) => singular[j] - singular[i]);
  const effective = order.filter((i) => singular[i] > NOTHING * singular[order[0]]);
  const vectorOf = (/** @type {number} */ i) =>
    narrow ? carried(weight, row(vectors, i, size), inputs, singular[i]) : row(vectors, i, size);
  return {
    vectors: effective.map((i) => signed(Float32Array.from(vectorOf(i)))),
    values: Float32Array.from(effective, (i) => singular[i]),
  };
}

/**
 * The right singular vector Wᵀu / s of a left one.
 * @param {Float32Array} weight
 * @param {Float64Array} u
 * @param {number} inputs
 * @param {number} s its singular value
 */
function carried(weight, u, inputs, s) {
  const sums = new Float64Array(inputs);
  for (let o = 0; o < u.length; o++) {
    for (let i = 0; i < inputs; i++) sums[i] += u[o] * weight[o * inputs + i];
  }
  return sums.map((x) => x / s);
}

/**
 * @param {Float32Array} matrix
 * @param {number} rows
 * @param {number} columns
 */
function transposed(matrix, rows, columns) {
  return Float32Array.from(matrix, (_, k) => matrix[(k % rows) * columns + Math.floor(k / rows)]);
}

/**
 * WᵀW, inputs x inputs: the sum of the rows' products with themselves, four rows at a time.
 * @param {Float32Array} weight
 * @param {number} inputs
 * @param {number} outputs
 */
function gram(weight, inputs, outputs) {
  const sums = new Float64Array(inputs * inputs);
  const none = new Float32Array(inputs);
  for (let o = 0; o < outputs; o += 4) {
    const [a, b, c, d] = [0, 1, 2, 3].map((k) => (o + k < outputs ? row(weight, o + k, inputs) : none));
    for (let i = 0; i < inputs; i++) {
      const [ai, bi, ci, di] = [a[i], b[i], c[i], d[i]];
      for (let j = i; j < inputs; j++) sums[i * inputs + j] += ai * a[j] + bi * b[j] + ci * c[j] + di * d[j];
    }
  }
  for (let i = 0; i < inputs; i++) for (let j = 0; j < i; j++) sums[i * inputs + j] = sums[j * inputs + i];
  return sums;
}

/**
 * A direction and its opposite do the same: chooses the one whose largest number is positive.
 * @param {Float32Array} vector
 */
function signed(vector) {
  let largest = 0;
  for (const x of vector) if (Math.abs(x) > Math.abs(largest)) largest = x;
  return largest < 0 ? vector.map((x) => -x) : vector;
}
