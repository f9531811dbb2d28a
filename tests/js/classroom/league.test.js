/** The league in words, and what a student typed into its fields. */

/** @import { LeagueKnob, LeagueRow } from "../../../gan/app/components/types.d.ts" */

import assert from "node:assert/strict";
import { test } from "node:test";

import { valueOf } from "../../../gan/app/components/classroom/league_entry.js";
import { isToAsk } from "../../../gan/app/components/classroom/league_own.js";
import { actsOn, lineOf, withOwn, wordsOf } from "../../../gan/app/components/classroom/league_table.js";

/** @param {Partial<LeagueRow>} values @returns {LeagueRow} */
const row = (values) => (
  { place: null, name: "Ann", desk: "a", run: "r", fid: null, missing: [], said: "", replay: "", ...values });
/** @param {Partial<LeagueKnob>} values @returns {LeagueKnob} */
const knob = (values) => ({ name: "lr_g", label: "Rate", meaning: "", kind: "float", low: 0, high: 1, choices: [],
  unit: "", value: 0.0002, ...values });

test("the line names who leads, all of them if they tie", () => {
  const rows = [row({ place: 1, fid: 9.124 }), row({ place: 1, name: "Bo", fid: 9.12 }), row({ said: "40 %" })];
  assert.equal(lineOf({ ended: false, shown: true, count: 3, rows }), "Leading: Ann and Bo, FID 9.12");
  assert.equal(lineOf({ ended: true, shown: true, count: 3, rows }), "Won by Ann and Bo, FID 9.12");
  assert.equal(lineOf({ ended: false, shown: false, count: 1, rows }), "League: 1 entry so far.");
  assert.equal(lineOf({ ended: true, shown: true, count: 0, rows: [] }), "The league is over.");
});

test("the line tells a student the own place first", () => {
  const mine = row({ place: 2, fid: 12.5 });
  const rows = [row({ place: 1, name: "Bo", fid: 9 }), mine];
  assert.equal(lineOf({ ended: false, shown: true, count: 2, rows }, [mine]),
    "You: place 2, FID 12.50. Leading: Bo, FID 9.00");
  assert.equal(lineOf({ ended: false, shown: false, count: 2, rows: [] }, [mine]), "You: place 2, FID 12.50.");
});

test("whoever leads reads that alone, and with whom", () => {
  const mine = row({ place: 1, fid: 9 });
  const rows = [mine, row({ place: 1, name: "Bo", fid: 9 })];
  assert.equal(lineOf({ ended: false, shown: true, count: 1, rows: [mine] }, [mine]), "You lead, FID 9.00");
  assert.equal(lineOf({ ended: true, shown: true, count: 2, rows }, [mine]), "You won together with Bo, FID 9.00");
});

test("the own place stands in a table that hides places, and below one that was cut", () => {
  const mine = row({ run: "mine", place: 2, fid: 12.5 });
  const other = row({ run: "other", said: "measured" });
  assert.deepEqual(withOwn([other, row({ run: "mine", said: "measured" })], [mine]), [other, mine]);
  assert.deepEqual(withOwn([other], [mine]), [other, mine]);
  const out = row({ run: "mine", said: "withdrawn" });
  assert.deepEqual(withOwn([out], [mine]), [out]); // what the page knew of it is past
});

test("only a student's page whose own place is not in the table asks for it", () => {
  const rows = [row({ desk: "a" })];
  const league = { shown: false, own: true, count: 1, rows };
  assert.equal(isToAsk(league, "a"), true);
  assert.equal(isToAsk(league, "b"), false);
  assert.equal(isToAsk({ ...league, own: false }, "a"), false);
  assert.equal(isToAsk({ ...league, shown: true }, "a"), false);
  assert.equal(isToAsk({ ...league, shown: true, count: 61 }, "b"), true);
});

test("students withdraw their own entries and bring them back; what the teacher has taken out stays out", () => {
  const student = /** @type {const} */ ({ seat: "student", desk: "a" });
  const teacher = /** @type {const} */ ({ seat: "teacher", desk: null });
  /** @param {Partial<LeagueRow>} values @param {typeof student | typeof teacher} who */
  const paths = (values, who, ended = false) => actsOn(row(values), who, ended).map(([, path]) => path);
  const taken = { said: "taken out by the teacher" };
  assert.deepEqual(paths({}, student), ["withdraw"]);
  assert.deepEqual(paths({ said: "withdrawn" }, student), ["rejoin"]);
  assert.deepEqual([paths({ desk: "b" }, student), paths({}, student, true), paths(taken, student)], [[], [], []]);
  assert.deepEqual([paths({}, teacher), paths({ fid: 9 }, teacher)], [["withdraw"], ["replay", "withdraw"]]);
  assert.deepEqual(paths(taken, teacher), ["rejoin"]);
});

test("a row tells its FID, the digits that it lacks and what came of a replay", () => {
  const passed = row({ place: 1, fid: 8.5, missing: [1, 7], replay: "passed, bit by bit" });
  assert.deepEqual(wordsOf(passed), { fid: "8.50", missing: "1, 7", words: "replay: passed, bit by bit" });
  assert.deepEqual(wordsOf(row({ said: "withdrawn" })), { fid: "", missing: "", words: "withdrawn" });
});

test("a field that was left as it is says nothing; the server refuses what is no number", () => {
  assert.equal(valueOf(knob({}), " 0.0002 "), undefined);
  assert.equal(valueOf(knob({}), ""), undefined);
  assert.equal(valueOf(knob({}), "0.001"), 0.001);
  assert.equal(valueOf(knob({}), "fast"), "fast");
  assert.equal(valueOf(knob({ kind: "widths", value: [128] }), "128, 64"), "128, 64");
  assert.equal(valueOf(knob({ kind: "choice", value: "adam" }), "sgd"), "sgd");
});
