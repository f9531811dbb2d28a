/** Questions to a class: a line as the finger draws it, and answers in words and bars. */

/** @import { ClassAnswers, ClassQuestion } from "../../../gan/app/components/types.d.ts" */
/** @import { Point } from "../../../gan/app/components/classroom/drawn_line.js" */

import assert from "node:assert/strict";
import { test } from "node:test";

import { MOST_POINTS, drawnOn, fewPoints } from "../../../gan/app/components/classroom/drawn_line.js";
import {
  answersInWords, bins, nearestInWords, ownInWords, rightInWords, timeLeft,
} from "../../../gan/app/components/classroom/question_texts.js";
import { pathOf } from "../../../gan/app/components/shared/paths.js";

const AXES = { from_batch: 100, to_batch: 500, low: 0, high: 4 };

/** @param {Point[]} line */
const isRising = (line) => line.every((point, i) => i === 0 || point[0] > line[i - 1][0]);

/** @type {ClassQuestion} */
const QUESTION = {
  id: "1", kind: "choice", ask: "Who wins?", choices: ["the forger", "<b>the detective</b>"], axes: null, seconds: 60,
  closes: 60, left: 0, open: false, shown: true, names: false, known: true, told: true, right: 1, because: "",
};
/** @type {ClassAnswers} */
const ANSWERS = { id: "1", count: 2, tally: [], people: [], entries: [] };

test("a line goes where the finger goes, from one end to the other", () => {
  const line = drawnOn([], [100, 1], [500, 3], AXES);
  assert.ok(isRising(line));
  assert.deepEqual([line[0], line[line.length - 1]], [[100, 1], [500, 3]]);
  assert.deepEqual(line[(line.length - 1) / 2], [300, 2]);
});

test("drawn over, a part of the line changes and the rest stays", () => {
  const line = drawnOn(drawnOn([], [100, 1], [500, 1], AXES), [200, 3], [300, 3], AXES);
  assert.ok(isRising(line));
  for (const [batch, value] of line) assert.equal(value, batch > 199 && batch < 301 ? 3 : 1);
});

test("a finger that goes back draws over what it drew, never a line that turns back", () => {
  let line = drawnOn([], [100, 1], [400, 1], AXES);
  line = drawnOn(line, [400, 1], [250, 2], AXES);
  assert.ok(isRising(line));
  assert.equal(line.find(([batch]) => batch >= 250)?.[1].toFixed(2), "2.00");
  assert.deepEqual(line[0], [100, 1]);
});

test("a line stays within the chart, wherever the finger goes", () => {
  const line = drawnOn([], [-1000, -5], [9000, 50], AXES);
  assert.ok(isRising(line));
  for (const [batch, value] of line) assert.ok(batch >= 100 && batch <= 500 && value >= 0 && value <= 4);
});

test("a line is sent in no more points than the server takes, its ends among them", () => {
  const line = drawnOn([], [100, 0], [500, 4], AXES);
  const few = fewPoints(line);
  assert.equal(few.length, MOST_POINTS);
  assert.ok(isRising(few));
  assert.deepEqual([few[0], few[few.length - 1]], [line[0], line[line.length - 1]]);
  assert.deepEqual(fewPoints([[1, 2], [3, 4]]), [[1, 2], [3, 4]]);
});

test("a path goes through the points in pixels; of nothing it is empty", () => {
  assert.equal(pathOf([[0, 1], [2, 3]], (x) => 10 * x, (y) => y), "M0.0 1.0L20.0 3.0");
  assert.equal(pathOf([], Number, Number), "");
});

test("the time that is left is told in seconds, from a minute on in minutes", () => {
  assert.deepEqual([0, 0.2, 59.1, 65, 600].map(timeLeft), ["0 s", "1 s", "1:00", "1:05", "10:00"]);
});

test("numbers are counted in bars of round widths", () => {
  const found = bins([3, 12, 14, 55]);
  assert.deepEqual(found.map((each) => each.count), [1, 2, 0, 0, 0, 1]);
  assert.deepEqual([found[0].from, found[5].to], [0, 60]);
});

test("numbers that are all the same are one bar, and of none there is none", () => {
  assert.deepEqual(bins([40, 40]), [{ from: 40, to: 40, count: 2 }]);
  assert.deepEqual(bins([]), []);
});

test("what is right is told only once the teacher tells it", () => {
  assert.equal(rightInWords(QUESTION), "Right: <b>the detective</b>");
  assert.equal(rightInWords({ ...QUESTION, told: false, right: null }), "");
  assert.equal(rightInWords({ ...QUESTION, kind: "number", right: 40 }), "Right: 40");
});

test("the nearest are named only if names are shown", () => {
  /** @type {ClassQuestion} */
  const question = { ...QUESTION, kind: "number", right: 40 };
  /** @param {string | null} name */
  const answers = (name) => ({ ...ANSWERS, entries: [{ value: 38, name, nearest: true },
    { value: 90, name, nearest: false }] });
  assert.equal(nearestInWords(question, answers(null)), "Nearest: 38");
  assert.equal(nearestInWords(question, answers("Zoë")), "Nearest: 38 (Zoë)");
  assert.equal(nearestInWords(question, ANSWERS), "");
  assert.equal(answersInWords(1), "1 answer");
});

test("whoever sees all answers is told the own one, of a curve its colour, or that none is nearer", () => {
  /** @type {[number, number][]} */
  const line = [[1, 2], [3, 4.5]];
  /** @param {boolean} nearest */
  const answers = (nearest) => ({ ...ANSWERS, entries: [{ value: line, name: null, nearest }] });
  assert.equal(ownInWords(QUESTION, 0), "You answered: the forger");
  assert.equal(ownInWords({ ...QUESTION, kind: "number" }, 42.5), "You answered: 42.5");
  const curve = { ...QUESTION, kind: /** @type {const} */ ("curve") };
  assert.equal(ownInWords(curve, line, answers(false)), "Yours: the purple dashed line");
  assert.equal(ownInWords(curve, line, answers(true)), "Yours is the nearest!");
  assert.equal(ownInWords(curve, [[1, 2], [3, 5]], answers(true)), "Yours: the purple dashed line");
  assert.equal(ownInWords(QUESTION, null), "You have not answered.");
});
