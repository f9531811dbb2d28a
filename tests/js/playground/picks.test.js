/** How points become picks. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { createPicks } from "../../../gan/app/components/playground/state/picks.js";
import { bySeed, createState } from "../../../gan/app/components/playground/state/state.js";

/** @param {number[]} seeds */
function begin(seeds) {
  const state = createState();
  state.picks = seeds.map(bySeed);
  /** @type {string[]} */
  const said = [];
  const say = (/** @type {string} */ sentence) => void said.push(sentence);
  const picks = createPicks({ state, say, preview() {}, requestDraw() {} });
  return { state, said, picks, seeds: () => state.picks.map((pick) => pick.seed) };
}

test("a sample that is clicked joins the picks, and leaves them when it is clicked again", () => {
  const { picks, seeds } = begin([1, 2]);
  picks.toggle(bySeed(9));
  assert.deepEqual(seeds(), [1, 2, 9]);
  picks.toggle(bySeed(1));
  assert.deepEqual(seeds(), [2, 9]);
});

test("a sample takes the place of the selected pick, and its place in Arithmetic", () => {
  const { state, picks, seeds } = begin([1, 2, 3]);
  const [a, b] = state.picks;
  state.terms = { plus: [a.id, b.id], minus: [b.id], start: [] };
  state.selected = b.id;
  const fresh = bySeed(9);
  picks.toggle(fresh);
  assert.deepEqual(seeds(), [1, 9, 3]);
  assert.deepEqual(state.terms, { plus: [a.id, fresh.id], minus: [fresh.id], start: [] });
  assert.equal(state.selected, null);
});

test("no point is picked twice, and there are at most 26", () => {
  const { said, picks, seeds } = begin(Array.from({ length: 26 }, (_, i) => i));
  picks.add(bySeed(3));
  picks.add(bySeed(99));
  assert.deepEqual(said, ["This is pick D already.", "There are 26 picks already; remove one first."]);
  assert.equal(seeds().length, 26);
});

test("picks are filled up with samples that are none yet", () => {
  const { picks, seeds } = begin([2]);
  picks.fill(3, [1, 2, 3, 4].map(bySeed));
  assert.deepEqual(seeds(), [2, 1, 3]);
});
