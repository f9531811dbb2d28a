/** The curves of a run: what is kept of them, and their averages. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { SERIES, createSeries, movingAverage, thinned } from "../../../gan/app/components/live/charts/series.js";

/** @param {number} batches @param {(batch: number, series: number) => number} figure */
const rows = (batches, figure) => Array.from({ length: batches * SERIES.length },
  (_, i) => figure(Math.floor(i / SERIES.length) + 1, i % SERIES.length));

test("thinning keeps the least and the greatest point of each stretch, in their order", () => {
  const x = [1, 2, 3, 4, 5, 6, 7, 8];
  const y = [0, 9, 1, 2, 5, 5, 5, 5];
  assert.deepEqual(thinned({ x, y }, 2, 1, 9), { x: [1, 2, 5], y: [0, 9, 5] });
});

test("thinning keeps one point at each side of what is in view", () => {
  const x = Array.from({ length: 100 }, (_, i) => i);
  const { x: kept } = thinned({ x, y: x }, 1000, 40, 60);
  assert.ok(kept[0] < 40 && kept[0] >= 38);
  assert.ok(kept[kept.length - 1] > 60 && kept[kept.length - 1] <= 62);
});

test("nothing is thinned to nothing", () => {
  assert.deepEqual(thinned({ x: [], y: [] }, 10), { x: [], y: [] });
});

test("the moving average is that of the last batches, of fewer at the beginning", () => {
  assert.deepEqual(movingAverage([1, 2, 3, 4], [2, 6, 12, 20], 2), [2, 3, 5, 7]);
});

test("the moving average is exact where sums in between were left out and it begins at one that was kept", () => {
  assert.deepEqual(movingAverage([2, 4], [6, 20], 2), [3, 7]);
});

test("figures are appended batch by batch, and one that is not finite counts as 0 in the average alone", () => {
  const series = createSeries();
  series.append(rows(3, (batch, k) => (batch === 2 && k === 0 ? Number.NaN : batch)));
  assert.equal(series.last(), 3);
  assert.deepEqual(series.raw("d_loss"), { x: [1, 2, 3], y: [1, Number.NaN, 3] });
  assert.deepEqual(series.averages(3).d_loss, [1, 0.5, 4 / 3]);
  assert.deepEqual(series.averages(3).g_loss, [1, 1.5, 2]);
});

test("averages up to a batch are those that were shown then", () => {
  const series = createSeries();
  series.append(rows(10, (batch) => batch));
  const { x, d_loss: then } = series.averages(4, 6);
  assert.deepEqual(x, [1, 2, 3, 4, 5, 6]);
  assert.deepEqual(then, series.averages(4).d_loss.slice(0, 6));
});

test("a catch-up takes the place of all that was known", () => {
  const series = createSeries();
  series.append(rows(3, () => 7));
  const numbers = Object.fromEntries(SERIES.flatMap((name) =>
    [[`${name}.x`, [1, 5]], [`${name}.y`, [0.5, 0.25]], [`${name}.sum`, [0.5, 2]]]));
  series.replace(5, { ...numbers, "sum.x": [1, 5] });
  assert.equal(series.last(), 5);
  assert.deepEqual(series.raw("g_loss"), { x: [1, 5], y: [0.5, 0.25] });
  series.append([1, 1, 1, 1]);
  assert.deepEqual(series.averages(1).g_loss.at(-1), 1);
});

test("however long a run trains, what is kept stays bounded, its spikes stay and its averages stay exact", () => {
  const series = createSeries();
  const batches = 30_000;
  series.append(rows(batches, (batch) => (batch === 12_345 ? 1000 : batch % 10)));
  const { x, y } = series.raw("d_loss");
  assert.ok(x.length <= 6000);
  assert.equal(x[y.indexOf(1000)], 12_345);
  const { d_loss: averages, x: at } = series.averages(batches);
  assert.ok(at.length <= 4000);
  const sum = (batches / 10) * 45 + 1000 - 5; // 0 to 9 again and again, but for one
  assert.ok(Math.abs(averages[averages.length - 1] - sum / batches) < 1e-9);
});
