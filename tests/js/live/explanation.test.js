/** Warnings keep their places and stay long enough to be read. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { READING, arrange } from "../../../gan/app/components/live/explain/slots.js";

/** @import { Slot } from "../../../gan/app/components/live/explain/slots.js" */

/**
 * @param {string} name
 * @param {string} saw
 */
const warning = (name, saw = "") =>
  ({ name, title: name, saw, why: "", advice: "", word: "fid", figure: "fid", remedy: {}, label: "" });

/** @param {Slot[]} slots */
const names = (slots) => slots.map((slot) => slot?.warning.name ?? null);

/** @type {Slot[]} */
const NONE = [null, null];

test("warnings fill the free places in their order, and at most two are shown", () => {
  assert.deepEqual(names(arrange(NONE, [warning("a"), warning("b"), warning("c")], 0)), ["a", "b"]);
});

test("a warning keeps its place when a graver one comes or another goes", () => {
  const one = arrange(NONE, [warning("b")], 0);
  const two = arrange(one, [warning("a"), warning("b")], 1000);
  assert.deepEqual(names(two), ["b", "a"]);
  assert.deepEqual(names(arrange(two, [warning("a")], READING + 1)), [null, "a"]);
});

test("a warning stays until it can be read, with its newest figures", () => {
  const one = arrange(NONE, [warning("a", "90 %")], 1000);
  const newer = arrange(one, [warning("a", "95 %")], 2000);
  assert.equal(newer[0]?.warning.saw, "95 %");
  assert.deepEqual(names(arrange(newer, [], 1000 + READING - 1)), ["a", null]);
  assert.deepEqual(names(arrange(newer, [], 1000 + READING)), [null, null]);
});

test("of the past only what stood then is shown", () => {
  const then = arrange(NONE, [warning("a")], Infinity);
  assert.deepEqual(names(then), ["a", null]);
});
