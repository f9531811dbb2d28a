/** The list of runs as the pages share it. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { onPart } from "../../../gan/app/components/shared/class_parts.js";
import { takeRuns, titleOf, versionOf, watchRuns } from "../../../gan/app/components/shared/runs_feed.js";
import { cover } from "../../../gan/app/components/shared/seen.js";

test("the files of a run differ from those of another one of its name and from those of a course it has left", () => {
  const versions = [{ created: 1, course: 0 }, { created: 2, course: 0 }, { created: 1, course: 1 }].map(versionOf);
  assert.equal(new Set(versions).size, 3);
});

test("before a list has come, a run is called by its name", () => {
  assert.equal(titleOf("lecture"), "lecture");
});

test("news of the class comes along with the list: at once to whoever asks later, and whenever it changes", () => {
  const lead = { following: true, look_up: null };
  takeRuns(JSON.stringify({ part: "lead", value: lead }));
  /** @type {unknown[]} */
  const told = [];
  const end = onPart("lead", (value) => told.push(value));
  takeRuns(JSON.stringify({ part: "lead", value: null }));
  takeRuns(JSON.stringify({ part: "other", value: 1 }));
  end();
  takeRuns(JSON.stringify({ part: "lead", value: lead }));
  assert.deepEqual(told, [lead, null]);
});

test("whoever lists runs learns nothing while the page is covered, and the newest list as soon as it is not", () => {
  const toggled = /** @type {unknown[]} */ ([]);
  const documentElement = { toggleAttribute: (/** @type {unknown[]} */ ...given) => toggled.push(given) };
  Object.assign(globalThis, { document: { documentElement } });
  /** @type {string[][]} */
  const told = [];
  const end = watchRuns("", ({ runs }) => told.push(runs.map((run) => run.name)));
  const list = (/** @type {string[]} */ ...names) => JSON.stringify({ runs: names.map((name) => ({ name })) });
  const uncover = cover();
  takeRuns(list("first"));
  takeRuns(list("first", "second"));
  assert.deepEqual(told, []);
  uncover();
  uncover();
  takeRuns(list());
  end();
  assert.deepEqual(told, [["first", "second"], []]);
  assert.deepEqual(toggled, [["data-covered", true], ["data-covered", false]]);
  Reflect.deleteProperty(globalThis, "document");
});
