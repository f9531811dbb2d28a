/** Sums of latent vectors. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { arithmetic, mean, moved } from "../../../gan/app/components/playground/engine/vectors.js";

const [A, B, C, Z] = [[1, 2], [3, 6], [10, 0], [0.5, 0.25]].map((x) => Float32Array.from(x));

test("arithmetic adds means to a vector and takes means away", () => {
  assert.deepEqual([...mean([A, B])], [2, 4]);
  assert.deepEqual([...arithmetic([A, B], [C], Z)], [-7.5, 4.25]);
  assert.deepEqual([...arithmetic([], [], Z)], [0.5, 0.25]);
  assert.deepEqual([...arithmetic([A], [], Z)], [1.5, 2.25]);
});

test("a vector is moved along others, and stays as it was itself", () => {
  assert.deepEqual([...moved(Z, [A, B], [2, -1])], [-0.5, -1.75]);
  assert.deepEqual([...moved(Z, [], [])], [0.5, 0.25]);
  assert.deepEqual([...Z], [0.5, 0.25]);
});
