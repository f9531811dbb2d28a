/** The tab "Step through": when a batch can be opened, and what its figures come to. */

/** @import { LossTerm, Settings, Snapshot, Stage, TracedBatch } from "../../../gan/app/components/types.d.ts" */

import assert from "node:assert/strict";
import { test } from "node:test";

import { logitsOf, onCurve } from "../../../gan/app/components/live/views/step_through/loss_curve.js";
import { outcome, situationOf, staleness } from "../../../gan/app/components/live/views/step_through/situation.js";
import { wordsOf } from "../../../gan/app/components/live/views/step_through/texts.js";

const settings = /** @type {Settings} */ ({ lr_g: 0.001, digits: [7], loss: "non-saturating", dropout: 0.5 });
/** @param {Partial<Snapshot>} values */
const run = (values) => /** @type {Snapshot} */ (
  { state: "paused", batch: 4, settings, resumable: true, over: null, ...values });
const metrics = { d_loss: 0.5, g_loss: 0.75, d_real_acc: 80, d_fake_acc: 90 };
const trace = /** @type {TracedBatch} */ ({
  batch: 5, learns: "both", settings: { ...settings }, source: "", trained: null, epoch: null, kind: "next",
  stages: [{ name: "metrics", lines: [1], shown: metrics }],
});
const idle = { trace: null, asked: false, doing: false, error: "", told: "" };

test("a paused run offers its next batch, and a running one is to be paused", () => {
  assert.deepEqual(situationOf(idle, run({}), null),
    { offer: "Step through batch 5", epoch: null, canPause: false, trace: null, obstacle: null, note: "" });
  const running = situationOf(idle, run({ state: "running" }), null);
  assert.deepEqual([running.offer, running.canPause], [null, true]);
  assert.match(running.note, /pause it/);
});

test("at an earlier epoch a batch is offered to look at, whatever the run does", () => {
  for (const state of /** @type {const} */ (["running", "paused", "finished"])) {
    const past = situationOf(idle, run({ state }), 3);
    assert.deepEqual([past.offer, past.epoch, past.canPause], ["Step through a batch after epoch 3", 3, false]);
  }
});

test("a run without a next batch says why, and offers one after its last epoch if it has any", () => {
  const over = situationOf(idle, run({ state: "finished", epoch: 2, over: "It has trained its 2 epochs." }), null);
  assert.deepEqual([over.offer, over.epoch], ["Step through a batch after epoch 2", 2]);
  assert.equal(over.note, "This run has no next batch: It has trained its 2 epochs.");
  const shipped = situationOf(idle, run({ state: "finished", epoch: 100, resumable: false }), null);
  assert.match(shipped.note, /was not kept/);
  assert.equal(situationOf(idle, run({ state: "failed", epoch: 0 }), null).offer, null);
});

test("a batch on show can be done as long as nothing of the run has changed", () => {
  const now = situationOf({ ...idle, trace }, run({}), null);
  assert.deepEqual([now.obstacle, now.offer], [null, null]);
  assert.equal(staleness(trace, run({}), null), "");
  assert.match(staleness(trace, run({ batch: 5 }), null), /batch 5; the run has moved on and trains batch 6 next/);
  assert.match(staleness(trace, run({ settings: { ...settings, lr_g: 0.002 } }), null), /knob was turned/);
  assert.match(staleness(trace, run({}), 3), /another moment/);
  assert.equal(situationOf({ ...idle, trace }, run({ batch: 5 }), null).offer, "Step through batch 6");
  assert.equal(staleness({ ...trace, epoch: 3, kind: "weights" }, run({ batch: 9 }), 3), "");
});

test("while the run trains the batch that it was asked for, that batch stays on show", () => {
  const doing = situationOf({ ...idle, trace, doing: true }, run({ state: "running" }), null);
  assert.deepEqual([doing.trace, doing.offer, doing.canPause], [trace, null, false]);
});

test("what the run has trained is compared with what was shown", () => {
  assert.match(outcome(trace, { ...metrics }), /has the figures that you saw: D loss 0.5000, G loss 0.7500\./);
  assert.match(outcome(trace, { ...metrics, d_loss: 0.50001 }), /but for rounding/);
  assert.match(outcome(trace, { ...metrics, d_loss: 0.6 }), /not the figures/);
  assert.match(outcome(trace, null), /^The run has trained batch 5 and recorded the step\.$/);
});

test("a dot sits on the curve, and at its end if its logit lies beyond", () => {
  const term = /** @type {LossTerm} */ ({ low: -2, high: 2, curve: [4, 2, 0, 2, 4] });
  assert.deepEqual([-2, -0.5, 0, 1.5, 2, 9].map((x) => onCurve(term, x)), [4, 1, 0, 3, 4, 4]);
});

test("a loss of pairs has its dots at the differences of their logits", () => {
  const logits = { real: [1, 2], fake: [0.5, 3] };
  assert.deepEqual(logitsOf("real", logits), [1, 2]);
  assert.deepEqual(logitsOf("real - fake", logits), [0.5, -1]);
  assert.deepEqual(logitsOf("fake - real", logits), [-0.5, 1]);
});

test("the sentences follow the run's settings", () => {
  const logits = /** @type {Stage} */ ({ name: "d_logits", lines: [1], shown: { real: [1], fake: [0] } });
  assert.match(wordsOf(trace, logits).sentence, /Dropout\} switches off 50 %/);
  const calm = { ...trace, settings: { ...settings, dropout: 0 } };
  assert.doesNotMatch(wordsOf(calm, logits).sentence, /Dropout/);
});
