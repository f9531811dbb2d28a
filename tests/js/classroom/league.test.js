/** The league in words, and what a student typed into its fields. */

/** @import { LeagueKnob, LeagueRow } from "../../../gan/app/components/types.d.ts" */

import assert from "node:assert/strict";
import { test } from "node:test";

import { valueOf } from "../../../gan/app/components/classroom/league_entry.js";
import { lineOf, wordsOf } from "../../../gan/app/components/classroom/league_table.js";

/** @param {Partial<LeagueRow>} values @returns {LeagueRow} */
const row = (values) => (
  { place: null, name: "Ann", run: "r", fid: null, missing: [], said: "", replay: "", ...values });
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

test("a row tells its FID, what it lacks and what came of a replay", () => {
  const passed = row({ place: 1, fid: 8.5, missing: [1, 7], replay: "passed, bit by bit" });
  assert.deepEqual(wordsOf(passed), { fid: "8.50", words: "lacks 1, 7; replay: passed, bit by bit" });
  assert.deepEqual(wordsOf(row({ said: "withdrawn" })), { fid: "", words: "withdrawn" });
});

test("a field that was left as it is says nothing; the server refuses what is no number", () => {
  assert.equal(valueOf(knob({}), " 0.0002 "), undefined);
  assert.equal(valueOf(knob({}), ""), undefined);
  assert.equal(valueOf(knob({}), "0.001"), 0.001);
  assert.equal(valueOf(knob({}), "fast"), "fast");
  assert.equal(valueOf(knob({ kind: "widths", value: [128] }), "128, 64"), "128, 64");
  assert.equal(valueOf(knob({ kind: "choice", value: "adam" }), "sgd"), "sgd");
});
