/** The scores of a run's images, and the chart of them. */

/** @import { Score } from "../../../gan/app/components/types.d.ts" */

import assert from "node:assert/strict";
import { test } from "node:test";

import { askedText } from "../../../gan/app/components/live/quality/class_histogram.js";
import { decades, drawnLines } from "../../../gan/app/components/live/quality/fid_chart.js";
import { bestOf, fidAt, scoreAt, withMore } from "../../../gan/app/components/live/quality/scores.js";

/**
 * @param {number} epoch
 * @param {number} fid
 */
const score = (epoch, fid) => /** @type {Score} */ ({ batch: 469 * epoch, epoch, fid });

test("scores are in the order of their batches, and of the same batch the newer one counts", () => {
  const scores = withMore([score(1, 50), score(3, 20)], [score(2, 30), score(3, 10)]);
  assert.deepEqual(scores.map(({ epoch, fid }) => [epoch, fid]), [[1, 50], [2, 30], [3, 10]]);
});

test("the best score has the least FID, the earlier one if two have it", () => {
  assert.equal(bestOf([score(1, 50), score(2, 8), score(3, 8)])?.epoch, 2);
  assert.equal(bestOf([]), undefined);
});

test("the score at a batch is the last one up to it", () => {
  const scores = [score(1, 50), score(2, 30)];
  assert.equal(scoreAt(scores, null)?.epoch, 2);
  assert.equal(scoreAt(scores, 469 * 2 - 1)?.epoch, 1);
  assert.equal(scoreAt(scores, 3), undefined);
});

test("a FID is told with its epoch", () => {
  assert.equal(fidAt(score(1200, 8.4321)), "8.43 (epoch 1,200)");
  assert.equal(fidAt(undefined), "–");
});

test("a logarithmic axis has round figures, fewer the more it spans", () => {
  assert.deepEqual(decades(1, 100), [1, 10, 100]);
  assert.deepEqual(decades(0.5, 20), [1, 3, 10]);
  assert.deepEqual(decades(6, 12), [7, 10]);
});

test("how often digits are read as they were asked to be names the one that is read least often", () => {
  const names = [..."0123456789"];
  const asked = { ...score(1, 50), as_asked: [990, null, 981, 967, null, null, null, 998, null, null] };
  assert.match(askedText(asked, names), /least often 3 \(96.7 %\)\.$/);
  assert.equal(askedText(score(1, 50), names), "");
});

test("drawn FIDs stay above the axis's end, and the nearest is marked", () => {
  const lines = [{ line: /** @type {[number, number][]} */ ([[469, 20], [938, 0]]), nearest: true }];
  assert.deepEqual(drawnLines({ series: "fid", start: 0, end: 938, lines }, [25, 10]),
    [{ nearest: true, x: [469, 938], y: [20, 2] }]);
  assert.deepEqual(drawnLines(null, [25]), []);
});
