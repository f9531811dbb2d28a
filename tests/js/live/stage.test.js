/** What one does with a run in front of a class. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { createStage, faster } from "../../../gan/app/components/live/stage.js";

test("speeds go up and down by one, and full speed, which is 0, is the fastest", () => {
  assert.deepEqual([1, 4, 16].map((now) => faster([1, 4, 16], now, 1)), [4, 16, 16]);
  assert.deepEqual([1, 4, 16].map((now) => faster([1, 4, 16], now, -1)), [1, 1, 4]);
  assert.deepEqual([1, 50, 0, 7].map((now) => faster([1, 10, 50, 0], now, 1)), [10, 0, 0, 10]);
  assert.deepEqual([1, 50, 0, 7].map((now) => faster([1, 10, 50, 0], now, -1)), [1, 10, 50, 1]);
});

/** @typedef {import("../../../gan/app/components/types.d.ts").ClassMoment} ClassMoment */

/** @param {ClassMoment | null} now */
function stageAt(now) {
  /** @type {unknown[]} */
  const done = [];
  const run = /** @type {any} */ ({ batch: 35, batches_per_epoch: 10, settings: { pace: 5 } });
  const stage = createStage({
    run: () => run, controls: { main() {}, step() {} }, turn: (pace) => done.push({ pace }),
    moment: { now: () => now, show: (next) => Boolean(done.push(next)) },
  });
  return { stage, done };
}

test("live, the keys turn the speed limit; in a replay they turn its speed", () => {
  const live = stageAt(null);
  live.stage.pace(1);
  live.stage.nextEpoch(); // nothing is newer
  assert.deepEqual(live.done, [{ pace: 10 }]);
  const moment = { kind: /** @type {const} */ ("replay"), epoch: 1, batch: 12, speed: 4, rate: 40, playing: true };
  const replay = stageAt(moment);
  replay.stage.pace(-1);
  replay.stage.nextEpoch();
  assert.deepEqual(replay.done, [{ ...moment, speed: 1 }, { ...moment, batch: 20, playing: false }]);
});

test("the next epoch is at most the last one that is over", () => {
  const moment = { kind: /** @type {const} */ ("epoch"), epoch: 3, batch: 0, speed: 0, rate: 0, playing: false };
  const { stage, done } = stageAt(moment);
  stage.nextEpoch();
  assert.deepEqual(done, [moment]);
});
