/** What the Train page remembers of the user's draft, event by event. */

/** @import { Draft, LiveData, Preset } from "../../../gan/app/components/types.d.ts" */
/** @import { DraftEvent, DraftState, Remembered } from "../../../gan/app/components/live/draft/draft_state.js" */

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  NOTHING_REMEMBERED, initialState, nameError, noticeText, otherRun, presetChange, reduce, remember, requestOf,
} from "../../../gan/app/components/live/draft/draft_state.js";

const LECTURE = { lr_g: 0.0002, dropout: 0.5 };
/** @type {Draft} */
const FIRST = { number: 1, values: LECTURE, fixed: { batch_size: 128 }, preset: null };
const SILENT = { number: 0, text: "", field: /** @type {const} */ ("") };

/**
 * Python has run.
 * @param {Partial<Pick<LiveData, "run" | "draft" | "notice" | "needs">>} data
 * @param {Remembered} [remembered]
 * @returns {DraftEvent}
 */
const received = (data, remembered = NOTHING_REMEMBERED) =>
  ({ kind: "received", data: { run: null, draft: FIRST, notice: SILENT, needs: null, ...data }, remembered });

/** @param {DraftEvent[]} events */
const after = (...events) => events.reduce(reduce, initialState(NOTHING_REMEMBERED));

/** The draft that a preset begins: other networks, another dropout. */
/** @type {Draft} */
const SHARP_DRAFT = { number: 2, values: { lr_g: 0.0002, dropout: 0.3 }, fixed: { batch_size: 64 }, preset: "sharp" };
/** @type {Preset} */
const SHARP = { name: "sharp", label: "Sharp digits", meaning: "", values: { dropout: 0.3 }, fixed: { batch_size: 64 },
  draft: { lr_g: 0.0002, dropout: 0.3, batch_size: 64 } };
/** @type {Preset} A preset of live knobs alone. */
const STRONG = { name: "strong", label: "", meaning: "", values: { lr_g: 0.01 }, fixed: {},
  draft: { lr_g: 0.01, dropout: 0.5, batch_size: 128 } };

/** @param {DraftState} state */
const start = (state) => requestOf(state, null, null);

// --- the draft -------------------------------------------------------------------------------------------------------

test("the page shows the draft that Python began", () => {
  const state = after(received({}));
  assert.deepEqual(state.values, LECTURE);
  assert.equal(state.run, null);
});

test("a knob that is turned keeps its value when Python runs again with the same draft", () => {
  const state = after(received({}), { kind: "knobsSet", values: { lr_g: 0.001 } }, received({}));
  assert.deepEqual(state.values, { lr_g: 0.001, dropout: 0.5 });
});

test("another draft takes the place of the turned knobs and of the name; nobody has touched its settings", () => {
  const state = after(received({}), { kind: "knobsSet", values: { lr_g: 0.001 } }, { kind: "nameTyped", name: "mine" },
    { kind: "settingsTouched" }, received({ draft: { ...FIRST, number: 2 } }));
  assert.deepEqual(state.values, LECTURE);
  assert.equal(state.name, "");
  assert.equal(state.settingsTouched, false);
});

test("the turned knobs and the name stay with the draft while a run is looked at", () => {
  const turned = after(received({}), { kind: "knobsSet", values: { lr_g: 0.001 } });
  const state = [received({ run: "a" }), received({})].reduce(reduce, turned);
  assert.equal(state.values.lr_g, 0.001);
});

test("what was turned is there again after a visit to another page, unless the draft is another one", () => {
  const before = after(received({}), { kind: "knobsSet", values: { lr_g: 0.001 } });
  const kept = remember(before, NOTHING_REMEMBERED);
  assert.equal(reduce(initialState(kept), received({}, kept)).values.lr_g, 0.001);
  const other = { ...FIRST, number: 2 };
  assert.equal(reduce(initialState(kept), received({ draft: other }, kept)).values.lr_g, 0.0002);
});

test("a run on the page changes nothing of what is remembered of the draft", () => {
  const kept = { number: 1, values: { lr_g: 0.001 }, askedFor: 0 };
  assert.deepEqual(remember(after(received({ run: "a", draft: { ...FIRST, number: 7 } })), kept), kept);
});

// --- presets ---------------------------------------------------------------------------------------------------------

const shown = { ...LECTURE, batch_size: 128 };

test("a preset of live knobs turns them at once and needs no other draft", () => {
  const change = presetChange(after(received({})), STRONG, shown, LECTURE);
  assert.deepEqual(change, { turned: { lr_g: 0.01 }, another: false });
});

test("a preset with other networks turns its live knobs and needs another draft", () => {
  const change = presetChange(after(received({})), SHARP, shown, LECTURE);
  assert.deepEqual(change, { turned: { dropout: 0.3 }, another: true });
});

test("a preset for a run needs a draft, and leaves the run's knobs alone, only if it sets what is fixed", () => {
  const state = after(received({ run: "a" }));
  assert.deepEqual(presetChange(state, SHARP, shown, LECTURE), { turned: {}, another: true });
  assert.deepEqual(presetChange(state, STRONG, shown, LECTURE), { turned: { lr_g: 0.01 }, another: false });
});

test("a preset whose values are all set needs another draft if the settings below were touched", () => {
  const set = { lr_g: 0.0002, dropout: 0.3, batch_size: 64 };
  const state = after(received({}));
  assert.equal(presetChange(state, SHARP, set, LECTURE).another, false);
  assert.equal(presetChange(reduce(state, { kind: "settingsTouched" }), SHARP, set, LECTURE).another, true);
});

test("a preset of live knobs needs another draft while that of the preset before it is to come", () => {
  const waiting = after(received({}), { kind: "presetChosen", name: "sharp" });
  assert.equal(presetChange(waiting, STRONG, shown, LECTURE).another, true);
  const come = reduce(waiting, received({ draft: SHARP_DRAFT }));
  assert.equal(presetChange(come, SHARP, { ...SHARP_DRAFT.values, ...SHARP_DRAFT.fixed }, LECTURE).another, false);
});

test("Start that overtakes a preset's settings brings the preset along", () => {
  const state = after(received({}), { kind: "presetChosen", name: "sharp" },
    { kind: "knobsSet", values: { dropout: 0.3 } });
  assert.deepEqual(start(state),
    { values: { lr_g: 0.0002, dropout: 0.3 }, preset: "sharp", name: "", step: null, parent: null, epoch: 0 });
});

test("a draft that was begun before the preset was chosen does not take its place", () => {
  const late = { ...FIRST, number: 2, values: { lr_g: 0.5, dropout: 0.9 } };
  const state = after(received({}), { kind: "presetChosen", name: "sharp" }, received({ draft: late }));
  assert.deepEqual(state.values, LECTURE);
  const come = reduce(state, received({ draft: { ...SHARP_DRAFT, number: 3 } }));
  assert.deepEqual(come.values, SHARP_DRAFT.values);
  assert.equal(start(come).preset, "sharp");
});

test("a name that was typed before the preset's draft came stays", () => {
  const state = after(received({}), { kind: "presetChosen", name: "sharp" }, { kind: "nameTyped", name: "mine" },
    received({ draft: SHARP_DRAFT }));
  assert.equal(state.name, "mine");
});

test("whoever turns to the settings below after a preset decides what they are, also if it was refused", () => {
  const refused = after(received({}), { kind: "presetChosen", name: "sharp" },
    received({ notice: { number: 1, text: "That cannot be.", field: "" } }));
  assert.equal(start(refused).preset, "sharp");
  const state = reduce(refused, { kind: "settingsTouched" });
  assert.equal(start(state).preset, null);
  assert.equal(state.settingsTouched, true);
});

test("a preset that is chosen for a run is none of the draft's", () => {
  assert.equal(after(received({ run: "a" }), { kind: "presetChosen", name: "sharp" }).preset, null);
});

test("New run forgets the preset", () => {
  assert.equal(after(received({}), { kind: "presetChosen", name: "sharp" }, { kind: "newRunPressed" }).preset, null);
});

// --- Start -----------------------------------------------------------------------------------------------------------

test("Start blocks the page until Python has answered, and takes back what was refused before", () => {
  const ready = after(received({}), { kind: "answered", refusal: "No." });
  const started = reduce(ready, { kind: "startPressed", request: start(ready) });
  assert.equal(started.starting, true);
  assert.equal(started.refusal, "");
  assert.equal(reduce(started, received({})).starting, false);
});

test("Start asks for a branch of the run on the page, with its own knobs", () => {
  const state = after(received({ run: "a" }), { kind: "nameTyped", name: " twig " });
  const branch = { epoch: 4, values: { lr_g: 0.01 } };
  assert.deepEqual(requestOf(state, "step_d", branch),
    { epoch: 4, values: { lr_g: 0.01 }, parent: "a", preset: null, name: "twig", step: "step_d" });
});

test("each need of a data set is asked about once, also after a visit to another page", () => {
  const needs = { number: 3, dataset: "fashion" };
  const asked = after(received({ needs }));
  assert.equal(asked.askedFor, 3);
  const kept = remember(asked, NOTHING_REMEMBERED);
  assert.equal(initialState(kept).askedFor, 3);
});

test("with the data set here, the page waits for Python again, for the same request", () => {
  const ready = after(received({}));
  const state = [
    { kind: /** @type {const} */ ("startPressed"), request: start(ready) },
    received({ needs: { number: 1, dataset: "fashion" } }),
    { kind: /** @type {const} */ ("dataSetObtained") },
  ].reduce(reduce, ready);
  assert.equal(state.starting, true);
  assert.deepEqual(state.request, start(ready));
});

// --- runs, refusals and notices --------------------------------------------------------------------------------------

test("another run on the page forgets what was asked for, refused and lost", () => {
  const lost = after(received({ run: "a" }), { kind: "answered", refusal: "No." },
    { kind: "runGone", message: "It was deleted." });
  assert.deepEqual([lost.refusal, lost.gone], ["No.", "It was deleted."]);
  assert.equal(otherRun(lost, "b"), true);
  const state = reduce(lost, received({ run: "b" }));
  assert.deepEqual([state.refusal, state.gone, state.request], ["", null, null]);
  assert.equal(otherRun(state, "b"), false);
});

test("the first data always turn the page to what they name", () => {
  assert.equal(otherRun(initialState(NOTHING_REMEMBERED), null), true);
});

test("a notice that the user has moved on from is not shown again, a newer one is", () => {
  const notice = { number: 1, text: "That name is taken.", field: /** @type {const} */ ("name") };
  const told = after(received({ notice }));
  assert.equal(nameError(told), "That name is taken.");
  assert.equal(noticeText(told), "");
  const typed = reduce(told, { kind: "nameTyped", name: "other" });
  assert.equal(nameError(typed), "");
  assert.equal(nameError(reduce(typed, received({ notice }))), "");
  assert.equal(nameError(reduce(typed, received({ notice: { ...notice, number: 2 } }))), "That name is taken.");
});

test("typing a name leaves a notice about something else, another moment of the run does not", () => {
  const notice = { number: 1, text: "The server is full.", field: /** @type {const} */ ("") };
  const told = after(received({ run: "a", notice }), { kind: "nameTyped", name: "other" });
  assert.equal(noticeText(told), "The server is full.");
  assert.equal(noticeText(reduce(told, { kind: "momentChanged", branching: true })), "");
});

test("the name of a branch stays while its epoch is chosen, and goes with the branch", () => {
  const typed = after(received({ run: "a" }), { kind: "nameTyped", name: "twig" },
    { kind: "answered", refusal: "No." });
  const elsewhere = reduce(typed, { kind: "momentChanged", branching: true });
  assert.deepEqual([elsewhere.name, elsewhere.refusal], ["twig", ""]);
  assert.equal(reduce(elsewhere, { kind: "momentChanged", branching: false }).name, "");
});
