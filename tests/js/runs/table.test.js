/** Which runs the table shows. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { matching } from "../../../gan/app/components/runs/table.js";

/** @type {{ name: string, title: string, state: "running" | "finished", hidden: boolean }[]} */
const RUNS = [
  { name: "run-2", title: "Sharp Digits", state: "running", hidden: false },
  { name: "lecture", title: "lecture", state: "finished", hidden: true },
  { name: "other", title: "other", state: "finished", hidden: false },
];

/** @param {Parameters<typeof matching>} asked */
const found = (...asked) => matching(...asked).map(({ name }) => name);

test("a run is found by its title, its name and its state, in any case and with spaces around", () => {
  assert.deepEqual(found(RUNS, " sharp ", false), ["run-2"]);
  assert.deepEqual(found(RUNS, "RUN-2", false), ["run-2"]);
  assert.deepEqual(found(RUNS, "finished", false), ["other"]);
  assert.deepEqual(found(RUNS, "nothing", false), []);
});

test("hidden runs are shown only on demand", () => {
  assert.deepEqual(found(RUNS, "", false), ["run-2", "other"]);
  assert.deepEqual(found(RUNS, "", true), ["run-2", "lecture", "other"]);
});
