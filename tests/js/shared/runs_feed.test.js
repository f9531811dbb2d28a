/** The list of runs as the pages share it. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { titleOf, versionOf } from "../../../gan/app/components/shared/runs_feed.js";

test("the files of a run differ from those of another one of its name and from those of a course it has left", () => {
  const versions = [{ created: 1, course: 0 }, { created: 2, course: 0 }, { created: 1, course: 1 }].map(versionOf);
  assert.equal(new Set(versions).size, 3);
});

test("before a list has come, a run is called by its name", () => {
  assert.equal(titleOf("lecture"), "lecture");
});
