/** The tab "Game": what is computed in the browser. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { addressOf } from "../../../gan/app/components/live/views/feed.js";
import { following, outputInWords, percent, probability, rangeOf, shares }
  from "../../../gan/app/components/live/views/game/histogram.js";
import { nearestPoint, placeOf, pointsWithin } from "../../../gan/app/components/live/views/game/plane.js";

test("a histogram has the share of the numbers in each bin, and those outside in the outer ones", () => {
  const bins = shares(Float32Array.from([-9, 0.1, 0.3, 0.3, 0.9, 7, 7, 7]), [0, 1], 4);
  assert.deepEqual([...bins], [2 / 8, 2 / 8, 0, 4 / 8]);
});

test("a range holds nearly all numbers of all groups and the boundary, and one outlier does not stretch it", () => {
  const many = Float32Array.from({ length: 500 }, (_, i) => i / 500);
  const [low, high] = rangeOf([many, Float32Array.from([-2, -1])], 3);
  assert.ok(low < -2 && low > -3 && high > 3 && high < 4);
  assert.ok(rangeOf([Float32Array.from([7, 8])], null)[0] > 6);
  many[0] = 1e9;
  assert.ok(rangeOf([many], 0)[1] < 2);
});

test("the range goes towards the wanted one and jumps only where the numbers do", () => {
  assert.deepEqual(following(null, [0, 1]), [0, 1]);
  const [low, high] = following([0, 1], [1, 2]);
  assert.ok(low > 0 && low < 1 && high > 1 && high < 2);
  assert.deepEqual(following([0, 1], [-100, 100]), [-100, 100]);
});

test("outputs are read as probabilities in percent or as scores", () => {
  assert.equal(probability(0), 0.5);
  assert.equal(outputInWords(0, true), "50 %");
  assert.equal(outputInWords(-3, true), "4.7 %");
  assert.equal(outputInWords(-30, true), "< 0.1 %");
  assert.equal(outputInWords(30, true), "> 99.9 %");
  assert.equal(outputInWords(-0.034, false), "−0.03");
  assert.equal(outputInWords(123.4, false), "123");
  assert.equal(percent(0), "0 %");
  assert.equal(percent(1), "100 %");
});

test("dots beyond the map lie at its edge, and the nearest one within reach is found", () => {
  const points = [0, 0, 0.5, 0.5, 9, -9];
  /** @type {[number, number]} */
  const size = [400, 300];
  assert.deepEqual(placeOf(points, 0, size), [200, 150]);
  assert.deepEqual(placeOf(points, 2, size), [394, 294]);
  const [x, y] = placeOf(points, 1, size);
  assert.equal(nearestPoint(points, size, [x + 3, y - 3], 10), 1);
  assert.equal(nearestPoint(points, size, [x + 30, y], 10), null);
});

test("a lasso encloses the dots within it, and none in its hollow", () => {
  /** @type {[number, number]} */
  const size = [232, 232];
  const points = [0, 0, 0.5, 0.5]; // at 116, 116 and at 166, 66
  assert.deepEqual(pointsWithin(points, size, [[150, 50], [180, 50], [180, 80], [150, 80]]), [1]);
  assert.deepEqual(pointsWithin(points, size, [[100, 50], [180, 50], [180, 130], [100, 130]]), [0, 1]);
  assert.deepEqual(pointsWithin(points, size, [[100, 40], [180, 40], [180, 130], [100, 130], [100, 125], [160, 125],
    [160, 50], [100, 50]]), [1]);
  assert.deepEqual(pointsWithin(points, size, []), []);
});

test("the address of a view names the run, its parameters and the epoch", () => {
  assert.equal(addressOf("/base", "map", { name: "a b", epoch: null }, ""), "/base/api/runs/a%20b/views/map");
  assert.equal(addressOf("", "dots", { name: "x", epoch: 3 }, "dots=1"), "/api/runs/x/views/dots?dots=1&epoch=3");
});
