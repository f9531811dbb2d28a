/** What a place on the path through all picks is called. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { pathMarks, placeText, stopAt } from "../../../gan/app/components/playground/tools/path_labels.js";

const NAMES = [..."ABCD"];

test("a place is told by the picks before and behind it", () => {
  assert.equal(placeText(NAMES, 0, false), "at A");
  assert.equal(placeText(NAMES, 0.1, false), "30 % of the way from A to B");
  assert.equal(placeText(NAMES, 1, false), "at D");
  assert.equal(placeText(NAMES, 0.875, true), "50 % of the way from D to A");
  assert.equal(placeText(NAMES, 1, true), "at A");
});

test("a pick is where it is marked, and only there", () => {
  assert.deepEqual(pathMarks([..."ABC"], false), [{ t: 0, text: "A" }, { t: 0.5, text: "B" }, { t: 1, text: "C" }]);
  assert.deepEqual(pathMarks([..."AB"], true).map(({ text }) => text), ["A", "B", "A"]);
  for (const closed of [false, true]) {
    pathMarks([..."ABCDE"], closed).forEach(({ t }, i) => assert.equal(stopAt(5, t, closed), i % 5));
  }
  assert.equal(stopAt(5, 0.1, false), null);
});
