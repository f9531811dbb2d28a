/** What may be done with a run, by its state. */

/** @import { RunState } from "../../../gan/app/components/types.d.ts" */

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  active, currentEpoch, notKept, readOnly, resumable, word,
} from "../../../gan/app/components/shared/states.js";

/** @type {RunState[]} */
const ALL = [
  "queued", "running", "paused", "stopped", "finished", "failed", "diverged", "interrupted", "elsewhere", "damaged",
];

test("a run at rest whose training state is kept can be resumed", () => {
  const found = ALL.filter((state) => resumable({ state, resumable: true, over: null }));
  assert.deepEqual(found, ["paused", "stopped", "finished", "failed", "diverged", "interrupted"]);
});

test("a run with nothing left to train cannot be resumed", () => {
  assert.equal(resumable({ state: "finished", resumable: true, over: "It has trained its 100 epochs." }), false);
});

test("a trimmed run cannot be resumed, and says so unless it is in training", () => {
  const trimmed = ALL.filter((state) => notKept({ state, resumable: false }) !== null);
  assert.deepEqual(ALL.filter((state) => !trimmed.includes(state)), ["queued", "running", "paused"]);
  assert.ok(ALL.every((state) => !resumable({ state, resumable: false, over: null }) || active(state)));
  assert.match(notKept({ state: "finished", resumable: false }) ?? "", /branch from it, or train it again/);
});

test("only a run of another process and a damaged one cannot be steered", () => {
  assert.deepEqual(ALL.filter((state) => readOnly({ state }) !== null), ["elsewhere", "damaged"]);
});

test("a state is its own word, but for the one that needs two", () => {
  assert.deepEqual(ALL.filter((state) => word(state) !== state), ["elsewhere"]);
  assert.equal(word("elsewhere"), "trained elsewhere");
});

test("the epoch in training is counted from the first batch to the last", () => {
  const epoch = (/** @type {number} */ batch) => currentEpoch({ batch, epochs: 3 }, 10);
  assert.deepEqual([0, 1, 10, 11, 30, 31].map(epoch), [0, 1, 1, 2, 3, 3]);
  assert.equal(currentEpoch({ batch: 5, epochs: 3 }, 0), 0); // a damaged run knows no batches of an epoch
});
