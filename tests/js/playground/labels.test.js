/** Labels of conditional networks: paths between digits, and rows with labels behind them. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { digitsOf, labelAt, oneHot, withLabels } from "../../../gan/app/components/playground/engine/labels.js";
import { stack } from "../../../gan/app/components/playground/engine/vectors.js";

test("a label is 1 for its digit alone, and always the same object", () => {
  assert.deepEqual([...oneHot(3)], [0, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
  assert.equal(oneHot(3), oneHot(3));
});

test("a path through digits has shares of two in between, and the digits alone at its stops", () => {
  const shares = (/** @type {number} */ t, closed = false) =>
    [...labelAt([3, 8, 5], t, closed)].flatMap((x, digit) => (x ? [[digit, Number(x.toFixed(3))]] : []));
  assert.deepEqual(shares(0), [[3, 1]]);
  assert.deepEqual(shares(0.125), [[3, 0.75], [8, 0.25]]);
  assert.deepEqual(shares(0.5), [[8, 1]]);
  assert.deepEqual(shares(1), [[5, 1]]);
  assert.deepEqual(shares(5 / 6, true), [[3, 0.5], [5, 0.5]]);
  assert.deepEqual(shares(1, true), [[3, 1]]);
  assert.equal(labelAt([7], 0.4, false), oneHot(7));
  assert.equal(labelAt([7, 7], 0.4, false), oneHot(7));
});

test("labels stand behind the rows: one for all, or one for each from a given image on", () => {
  const rows = Float32Array.of(1, 2, 3, 4);
  assert.deepEqual([...withLabels(rows, 2, 2, oneHot(0), 5)],
    [1, 2, ...oneHot(0), 3, 4, ...oneHot(0)]);
  const each = stack([oneHot(9), oneHot(1), oneHot(2)]);
  assert.deepEqual([...withLabels(rows, 2, 2, each, 1)], [1, 2, ...oneHot(1), 3, 4, ...oneHot(2)]);
});

test("the server is asked for the digit with the largest share", () => {
  assert.deepEqual(digitsOf(labelAt([3, 8], 0.7, false), 0, 3), [8, 8, 8]);
  assert.deepEqual(digitsOf(stack([oneHot(4), labelAt([3, 8], 0.3, false), oneHot(9)]), 1, 2), [3, 9]);
});
