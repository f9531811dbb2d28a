/** Which directions change the images most. The reference is torch's singular value decomposition. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import {
  firstInputs, principalDirections,
} from "../../../gan/app/components/playground/engine/principal_directions.js";
import { rng } from "../../../gan/app/components/playground/engine/random.js";
import { dot, norm, row } from "../../../gan/app/components/playground/engine/vectors.js";

/** @type {{inputs: number, outputs: number, values: number[], vectors: number[][] | null}[]} */
const REFERENCES = JSON.parse(readFileSync(new URL("./fixtures/singular.json", import.meta.url), "utf-8"));

/**
 * @param {Float32Array} weight
 * @param {number} inputs
 */
const directions = (weight, inputs) =>
  principalDirections({ weight, inputs, outputs: weight.length / inputs, bias: new Float32Array(0) });

/**
 * The weight that tests/support/playground_fixtures.py decomposes.
 * @param {number} inputs
 * @param {number} outputs
 */
function weightOf(inputs, outputs) {
  const next = rng(inputs);
  const growth = (/** @type {number} */ i) => 1 + (2 * i) / Math.max(1, inputs - 1);
  return Float32Array.from({ length: inputs * outputs }, (_, k) => (2 * next() - 1) * growth(k % inputs));
}

/** @param {Float32Array[]} vectors */
function assertOrthonormal(vectors, within = 1e-5) {
  vectors.forEach((a, i) => vectors.slice(i).forEach((b, k) =>
    assert.ok(Math.abs(dot(a, b) - (k === 0 ? 1 : 0)) <= within)));
}

for (const { inputs, outputs, values: wanted, vectors: reference } of REFERENCES) {
  const weight = weightOf(inputs, outputs);

  test(`directions of ${inputs} inputs and ${outputs} outputs are the right singular vectors`, () => {
    const { vectors, values } = directions(weight, inputs);
    assert.equal(vectors.length, Math.min(inputs, outputs));
    wanted.forEach((value, i) => assert.ok(Math.abs(values[i] - value) <= 1e-6 + 1e-5 * value));
    assertOrthonormal(vectors);
    vectors.forEach((v, k) => {
      const again = product(weight, v);
      again.forEach((x, i) => assert.ok(Math.abs(x - wanted[k] ** 2 * v[i]) <= 1e-6 * wanted[0] ** 2));
      assert.ok(v.reduce((most, x) => (Math.abs(x) > Math.abs(most) ? x : most), 0) > 0);
    });
  });

  test(`most singular values of ${inputs} inputs and ${outputs} outputs lie apart, and have torch's vectors`, () => {
    const { vectors } = directions(weight, inputs);
    const falls = wanted.map((value, i) => value - (wanted[i + 1] ?? 0) > 1e-3 * wanted[0]);
    const apart = falls.map((fall, i) => fall && (i === 0 || falls[i - 1]));
    assert.ok(apart.filter(Boolean).length > wanted.length / 3);
    reference?.forEach((v, i) => {
      if (apart[i]) assert.ok(Math.abs(dot(vectors[i], Float64Array.from(v))) > 1 - 1e-6);
    });
  });
}

/**
 * WᵀW v
 * @param {Float32Array} weight
 * @param {Float32Array} v
 */
function product(weight, v) {
  const sum = new Float64Array(v.length);
  for (let o = 0; o < weight.length / v.length; o++) {
    const outputs = row(weight, o, v.length);
    const share = dot(outputs, v);
    outputs.forEach((x, i) => (sum[i] += share * x));
  }
  return sum;
}

/** Matrices by rows, and their singular values that are not zero. @type {Record<string, [number[][], number[]]>} */
const DEGENERATE = {
  "zeros": [[[0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]], []],
  "the identity": [diagonal([1, 1, 1, 1, 1]), [1, 1, 1, 1, 1]],
  "ones": [Array.from({ length: 6 }, () => [1, 1, 1, 1]), [Math.sqrt(24)]],
  "a diagonal": [diagonal([0, 1, 2, 3, 4, 5]), [5, 4, 3, 2, 1]],
  "an outer product": [[1, 2, 3].map((a) => [0, 1, 2, 3, 4].map((b) => a * b)), [Math.sqrt(14 * 30)]],
};

/** @param {number[]} numbers */
function diagonal(numbers) {
  return numbers.map((x, i) => numbers.map((_, k) => (i === k ? x : 0)));
}

for (const [name, [matrix, wanted]] of Object.entries(DEGENERATE)) {
  test(`directions without an effect are left out: ${name}`, () => {
    const { vectors, values } = directions(Float32Array.from(matrix.flat()), matrix[0].length);
    assert.equal(values.length, wanted.length);
    wanted.forEach((value, i) => assert.ok(Math.abs(values[i] - value) <= 1e-5 + 1e-5 * value));
    assertOrthonormal(vectors, 1e-6);
    vectors.forEach((v, i) => {
      const effect = norm(Float64Array.from(matrix, (outputs) => dot(Float64Array.from(outputs), v)));
      assert.ok(Math.abs(effect - values[i]) <= 1e-5 + 1e-5 * values[i]);
    });
  });
}

test("the label behind z has no part in the directions", () => {
  const [inputs, outputs] = [4, 6];
  const weight = weightOf(inputs + 10, outputs);
  const ofZ = Float32Array.from({ length: inputs * outputs },
    (_, k) => weight[Math.floor(k / inputs) * (inputs + 10) + (k % inputs)]);
  const layer = { weight, inputs: inputs + 10, outputs, bias: new Float32Array(outputs) };
  assert.deepEqual(principalDirections(firstInputs(layer, inputs)), directions(ofZ, inputs));
  assert.equal(firstInputs(layer, inputs + 10), layer);
});
