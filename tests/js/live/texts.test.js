/** What the header says of a run, a draft or a moment, and what is blocked why. */

/** @import { Snapshot } from "../../../gan/app/components/types.d.ts" */
/** @import { Shown } from "../../../gan/app/components/live/header/texts.js" */
/** @import { Replayed } from "../../../gan/app/components/live/recording/moment.js" */

import assert from "node:assert/strict";
import { test } from "node:test";

import { NOTHING_REMEMBERED, initialState } from "../../../gan/app/components/live/draft/draft_state.js";
import { progressOf } from "../../../gan/app/components/live/header/progress.js";
import { blockedReason, headingOf, messageOf, tagOf } from "../../../gan/app/components/live/header/texts.js";

const STATE = initialState(NOTHING_REMEMBERED);
const RUN = /** @type {Snapshot} */ (/** @type {Partial<Snapshot>} */ ({
  name: "a", title: "A run", state: "running", message: "", batch: 470, epochs: 10, batches_per_epoch: 469, rate: 100,
  seconds: 5, settings: { seconds: 0 }, resumable: true, over: null, parent: null, branched_at: null, stop_at: null,
  saved: null, keeps_until: null, aside: 0,
}));

/**
 * @param {Partial<Snapshot>} run
 * @param {Partial<Shown>} [more]
 * @returns {Shown}
 */
const ofRun = (run, more) => ({
  state: { ...STATE, run: "a" }, blocked: null, watches: null, networks: null, run: { ...RUN, ...run },
  moment: null, replayed: null,
  lost: false, ...more,
});
/** @type {Shown} */
const DRAFT = {
  state: STATE, blocked: null, watches: null, networks: null, run: null, moment: null, replayed: null, lost: false,
};
const BRANCH = { kind: /** @type {const} */ ("branch"), epoch: 3, edits: {} };

test("the time left of a run counts to where it stops by itself", () => {
  assert.equal(progressOf({ ...RUN, desk_end: 570 }, false).left, progressOf({ ...RUN, stop_at: 570 }, false).left);
  assert.equal(progressOf({ ...RUN, desk_end: 570 }, false).left, "1 s");
  assert.notEqual(progressOf({ ...RUN, desk_end: 10_000 }, false).left, "1 s");
});

test("the run of a desk names its student and tells when its turn comes", () => {
  const desk = { id: "0123456789abcdef", name: "Blue 7" };
  const waits = ofRun({ desk, turn: { seconds: 8, desks: 30 } });
  assert.equal(headingOf(waits).owner, "Blue 7");
  assert.equal(headingOf(ofRun({ desk, desk_end: 2000 })).owner, "Blue 7 · ends after batch 2,000");
  assert.equal(headingOf(ofRun({ desk, desk_end: 2000, stop_at: 500 })).owner, "Blue 7 · ends after batch 500");
  assert.equal(headingOf(ofRun({ desk, desk_end: 2000, batch: 2000 })).owner, "Blue 7");
  assert.equal(headingOf(ofRun({ desk, desk_end: 2000, state: "stopped" })).owner, "Blue 7");
  assert.equal(headingOf(ofRun({ desk, desk_end: 2000, epochs: 1 })).owner, "Blue 7");
  assert.equal(messageOf(waits), "30 desks take turns; this run trains in\u00a0about\u00a08\u00a0s.");
  assert.equal(messageOf(ofRun({ desk, turn: { seconds: 0, desks: 30 } })), "30 desks take turns; it is this run's.");
  const queued = ofRun({ desk, state: "queued", turn: { seconds: 2, desks: 1 } });
  assert.match(messageOf(queued), /^The desk's runs take turns; .* in\u00a0about\u00a02\u00a0s\.$/);
  assert.equal(messageOf(ofRun({ desk, state: "paused" })), "");
  assert.equal(headingOf(ofRun({ desk: null, turn: null })).owner, "");
});

test("a draft can be named and says how to begin", () => {
  const heading = headingOf(DRAFT);
  assert.deepEqual([heading.title, heading.badge, heading.draft], ["New run", "not started", true]);
  assert.equal(heading.text, "Choose a preset or set the knobs, then start.");
  assert.match(messageOf({ ...DRAFT, blocked: "Read-only." }), /only shows the runs of another one/);
});

test("a run shows its state and where it comes from", () => {
  const heading = headingOf(ofRun({ parent: "root", branched_at: 4 }));
  assert.deepEqual([heading.title, heading.badge, heading.draft], ["A run", "running", false]);
  assert.deepEqual(heading.origin, { name: "root", epoch: 4, again: false });
});

test("a run with networks of its own says which, and a draft beside it does not", () => {
  const networks = "mine.py (3f2a91c0), generator 7 and discriminator 5 parameters";
  assert.equal(headingOf(ofRun({}, { networks })).networks, `Networks: ${networks}.`);
  assert.equal(headingOf(ofRun({})).networks, "");
  assert.equal(headingOf({ ...DRAFT, networks }).networks, "");
});

test("a branch that has not started is a draft from its epoch", () => {
  const heading = headingOf(ofRun({}, { moment: BRANCH }));
  assert.deepEqual([heading.title, heading.badge, heading.draft], ["New branch", "from epoch 3", true]);
  assert.equal(heading.run, null);
  assert.equal(heading.text, "Branch of A run from epoch 3: set the knobs, then start.");
  assert.equal(tagOf(BRANCH), "of the branch");
});

test("before anything of a run is here, and after it was deleted, the heading says so", () => {
  assert.equal(headingOf(ofRun({}, { run: null })).badge, "connecting");
  const gone = ofRun({}, { state: { ...STATE, run: "a", gone: "It was deleted." } });
  assert.deepEqual([headingOf(gone).badge, headingOf(gone).text], ["deleted", "It was deleted."]);
});

test("what was refused comes before what the run says, and a notice before that, too", () => {
  const said = ofRun({ message: "The loss is not finite." });
  assert.equal(messageOf(said), "The loss is not finite.");
  const notice = { number: 1, text: "The server is full.", field: /** @type {const} */ ("") };
  assert.equal(messageOf({ ...said, state: { ...said.state, notice } }), "The server is full.");
  assert.equal(messageOf({ ...said, state: { ...said.state, notice, refusal: "No." } }), "No.");
});

test("an interrupted run says how it is resumed", () => {
  assert.equal(messageOf(ofRun({ state: "interrupted" })), "The server ended; press Resume to go on.");
  assert.match(messageOf(ofRun({ state: "interrupted", resumable: false })), /training state was not kept/);
  assert.equal(messageOf(ofRun({ state: "interrupted", over: "All is trained." })), "All is trained.");
});

test("a paused run says until when it keeps its place", () => {
  assert.match(messageOf(ofRun({ state: "paused", keeps_until: 1000 })), /^Resume it by .+, and it trains at once/);
  assert.match(messageOf(ofRun({ state: "paused" })), /^On Resume it may have to wait/);
});

test("a replay of a run that trains says how far the run itself is", () => {
  const moment = { kind: /** @type {const} */ ("replay"), epoch: 0, edits: {} };
  const replayed = /** @type {Replayed} */ ({ ...RUN, state: "replay", batch: 3, until: 470 });
  assert.equal(messageOf(ofRun({}, { moment, replayed })), "A replay; the run itself goes on (batch 470).");
  assert.equal(headingOf(ofRun({ state: "stopped" }, { moment, replayed })).badge, "replay");
});

test("a lost server blocks everything; otherwise the server, the run, or waiting may be the reason", () => {
  assert.match(blockedReason(ofRun({}, { lost: true, blocked: "Read-only." })) ?? "", /does not answer/);
  assert.equal(blockedReason(ofRun({}, { blocked: "Read-only." })), "Read-only.");
  assert.equal(blockedReason(ofRun({}, { watches: "You watch." })), "You watch.");
  assert.equal(blockedReason(ofRun({}, { watches: "You watch.", moment: BRANCH })), null);
  assert.equal(messageOf(ofRun({ resumable: false }, { watches: "You watch." })), "You watch.");
  assert.match(blockedReason(ofRun({ state: "elsewhere" })) ?? "", /Another process/);
  assert.equal(blockedReason(ofRun({}, { run: null })), "Connecting.");
  assert.equal(blockedReason({ ...DRAFT, state: { ...STATE, starting: true } }), "Starting.");
  assert.equal(blockedReason(DRAFT), null);
});

test("the progress counts epochs and batches from 1, and the time left to the last batch", () => {
  const { epoch, batch, rate, left } = progressOf(RUN, false);
  assert.deepEqual([epoch.text, batch.text, rate, left], ["2 / 10", "1 / 469", "100", "42 s"]);
});

test("a time limit ends a run before its last batch, and a replay where its recording does", () => {
  const limited = { ...RUN, settings: { ...RUN.settings, seconds: 12 } };
  assert.equal(progressOf(limited, false).left, "7 s");
  const replayed = /** @type {Replayed} */ ({ ...RUN, state: "replay", batch: 170, until: 470 });
  assert.equal(progressOf(replayed, false).left, "3 s");
});

test("without a run, or while the server does not answer, nothing moves", () => {
  assert.deepEqual(progressOf(null, false).epoch.text, "–");
  assert.deepEqual([progressOf(RUN, true).rate, progressOf(RUN, true).left], ["–", "–"]);
});
