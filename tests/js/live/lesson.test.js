/** Lessons beside a run: conditions as Python has them, and how far a lesson is. */

/** @import { LessonClause, LessonStep, Mark, Score, Snapshot } from "../../../gan/app/components/types.d.ts" */
/** @import { Watched } from "../../../gan/app/components/live/lesson/conditions.js" */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { createSeries } from "../../../gan/app/components/live/charts/series.js";
import { holds } from "../../../gan/app/components/live/lesson/conditions.js";
import { compared, isOver, judged, ledWith, restarted } from "../../../gan/app/components/live/lesson/lesson_state.js";
import { runOf, untouched } from "../../../gan/app/components/shared/lesson_progress.js";

const shared = JSON.parse(readFileSync(new URL("../../fixtures/lesson_conditions.json", import.meta.url), "utf-8"));

/**
 * Enough of Python's grammar for the cases.
 * @param {string} text
 * @returns {LessonClause[]}
 */
const parsed = (text) => text.split(" and ").map((part) => {
  const [, figure, comparison, value, window] =
    /^(\w+) ?(>=|<=|>|<|=) ?(\S+?)(?: over (\d+) batch(?:es)?)?$/.exec(part) ?? [];
  return { figure, label: "", comparison: /** @type {LessonClause["comparison"]} */ (comparison), value: Number(value),
    window: Number(window ?? 0) };
});

/** @returns {Watched} */
function known() {
  const { rows, epoch, changed, settings, score } = shared.run;
  const series = createSeries();
  series.append(rows.flat());
  const asked = score.as_asked.map((/** @type {number | null} */ x) => (x === null ? null : 1000 * x));
  return {
    run: /** @type {Snapshot} */ ({ name: "demo", batch: rows.length, epoch, settings }), series,
    marks: [/** @type {Mark} */ ({ batch: changed, knob: "lr_g" }), /** @type {Mark} */ ({ batch: 3, knob: "step_d" })],
    scores: [/** @type {Score} */ ({ ...score, as_asked: asked })],
  };
}

for (const [text, expected] of shared.cases) {
  test(`the page agrees with Python: ${text}`, () => assert.equal(holds(parsed(text), known()), expected));
}

/**
 * @param {Partial<LessonStep>} given
 * @returns {LessonStep}
 */
const step = (given) => ({ title: "", text: "", starts: false, compare: false, turn: {}, turns: [], watch: [],
  reached: [], shows: [], question: null, ...given });
const QUESTION = { ask: "", answers: ["a", "b"], right: 0, because: "" };
const REACHED = parsed("batch >= 4");
const lesson = (/** @type {LessonStep[]} */ ...steps) => ({ name: "x", title: "", steps });

test("a step is reached by the run that it has started, and by no other", () => {
  const only = lesson(step({ starts: true, reached: REACHED, shows: [{ says: "", check: parsed("fid < 41") }] }));
  assert.deepEqual(judged(untouched(), only, known()).reached, {});
  assert.deepEqual(judged(restarted(untouched(), 0, "another"), only, known()).reached, {});
  assert.deepEqual(judged(restarted(untouched(), 0, "demo"), only, known()).reached, { 0: [true] });
});

test("a step that turns knobs is not reached before they stand so", () => {
  const begun = { ...restarted(untouched(), 0, "demo"), step: 1 };
  const two = (/** @type {number} */ dropout) =>
    lesson(step({ starts: true }), step({ turn: { dropout }, reached: REACHED }));
  assert.deepEqual(judged(begun, two(0.3), known()).reached, {});
  assert.deepEqual(judged(begun, two(0.5), known()).reached, { 1: [] });
});

test("what a step has reached stays, until its run is started again", () => {
  const one = lesson(step({ starts: true, reached: REACHED }));
  const reached = judged(restarted(untouched(), 0, "demo"), one, known());
  assert.equal(judged(reached, one, null), reached);
  assert.equal(restarted(reached, 0, "demo"), reached);
  assert.deepEqual(restarted(reached, 0, "demo-2").reached, {});
});

test("in a class that is led through a lesson, its run is the teacher's, from the step on that starts it", () => {
  const two = lesson(step({ starts: true }), step({ reached: REACHED }));
  const second = ledWith({ ...untouched(), step: 1 }, two, "demo");
  assert.deepEqual(second.runs, { 0: "demo" });
  assert.deepEqual(judged(second, two, known()).reached, { 1: [] });
  assert.equal(ledWith(second, two, "demo"), second);
  assert.deepEqual(ledWith(untouched(), lesson(step({})), "demo"), untouched()); // a lesson without a run
});

test("a step is over when it is reached and its question is answered", () => {
  assert.ok(isOver(step({}), untouched()));
  const both = step({ reached: REACHED, question: QUESTION });
  assert.ok(!isOver(both, { ...untouched(), answers: { 0: 1 } }));
  assert.ok(!isOver(both, { ...untouched(), reached: { 0: [] } }));
  assert.ok(isOver(both, { ...untouched(), reached: { 0: [] }, answers: { 0: 1 } }));
});

test("a step looks at the run that was started last, and is compared with all before", () => {
  const progress = { ...untouched(), step: 2, runs: { 0: "first", 1: "second", 4: "later" } };
  assert.equal(runOf(progress), "second");
  assert.equal(runOf({ ...progress, runs: {} }), null);
  const three = lesson(step({}), step({}), step({ compare: true }));
  const started = { ...progress, runs: { ...progress.runs, 2: "third" } };
  assert.deepEqual(compared(started, three), ["first", "second", "third"]);
  assert.equal(compared({ ...progress, step: 1 }, three), null);
});
