/** The state of the page as a link, and back. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { read, turnTo, write } from "../../../gan/app/components/playground/state/link.js";
import { byNumbers, bySeed, createState, letter } from "../../../gan/app/components/playground/state/state.js";

/** @import { PageState, Point } from "../../../gan/app/components/playground/types.d.ts" */

/** @param {string} link */
function opened(link) {
  const state = createState();
  return { state, ignored: read(link, state) };
}

/** @param {Point} point */
const shown = ({ seed, z }) => seed ?? [...(z ?? [])];

/** A state without ids, which no link holds. @param {PageState} state */
function comparable({ picks, point, terms, selected, ...rest }) {
  const named = Object.values(terms).map((ids) => ids.map((id) => letter(picks.findIndex((pick) => pick.id === id))));
  return { ...rest, picks: picks.map(shown), point: shown(point), named, selected };
}

test("the page as it opens has an empty link", () => {
  assert.equal(write(createState()), "");
  assert.equal(opened("").ignored, "");
});

test("whatever is on the page comes back from its link", () => {
  const state = createState();
  const picks = [bySeed(2 ** 32 - 1), byNumbers(Float32Array.of(0.1, -3, 1e-8)), bySeed(0), bySeed(7)];
  Object.assign(state, {
    epoch: 12, tool: "time", dropout: true, raw: true, firstSeed: 33, picks, point: picks[1], coordinates: true,
    walk: { kind: "linear", steps: 64, t: 0.123457, closed: true, speed: 0.25, changes: "digit", digits: "383" },
    digit: 7, number: { digits: "0042", mixed: true },
    pad: { x: 0, y: 0.75 },
    terms: { plus: [picks[0].id, picks[3].id], minus: [], start: [picks[2].id] },
    map: { x: -1.5, y: 20, span: 0.05 },
    cursor: { x: 0.25, y: -7 },
    comparison: { run: "a run & more", epoch: 5 },
  });
  const { state: back, ignored } = opened(write(state));
  assert.equal(ignored, "");
  assert.deepEqual(comparable(back), comparable(state));
});

test("links of earlier versions keep their meaning", () => {
  const points = "tool=arithmetic&picks=1,2,3&board=17&sum=AB..C";
  const { state, ignored } = opened(`${points}&way=linear&t=0.5&beside=lecture@latest`);
  assert.equal(ignored, "");
  assert.deepEqual([state.tool, state.firstSeed, state.walk.kind, state.walk.t], ["arithmetic", 17, "linear", 0.5]);
  const [a, b, c] = state.picks.map((pick) => pick.id);
  assert.deepEqual(state.terms, { plus: [a, b], minus: [], start: [c] });
  assert.deepEqual(state.comparison, { run: "lecture", epoch: "latest" });
});

/** What is wrong, and what the sentence says of it. @type {[link: string, said: RegExp][]} */
const WRONG = [
  ["steps=900", /steps=900 \(it must be a whole number from 2 to 64\)/],
  ["steps=2.5", /a whole number from 2 to 64/],
  ["t=0x1", /a number from 0 to 1/],
  ["tool=saw", /one of walk, pad, directions, arithmetic, map, time, table, write/],
  ["picks=1,x", /picks=1,x \(it must be a whole number from 0 to 4294967295\)/],
  [`picks=${Array.from({ length: 27 }, (_, i) => i)}`, /at most 26 picks/],
  ["point=~AAAA", /whole numbers of four bytes/],
  ["point=~AADAfw", /finite numbers/],
  ["point=~%", /\(it must be readable\)/],
  ["sum=A.B", /three sets of picks, such as A\.B\.C/],
  ["sum=A.B.Z", /letters of picks/],
  ["pad=0.5", /2 numbers with commas/],
  ["beside=lecture", /a run and an epoch, such as lecture@5/],
  ["digit=10", /a whole number from 0 to 9/],
  ["number=3a1", /at most 60 digits/],
  ["through=x", /at most 60 digits/],
  ["changes=all", /one of style, digit/],
  ["colour=red", /colour \(not known\)/],
];

for (const [link, said] of WRONG) {
  test(`what is wrong in a link is named and ignored: ${link.slice(0, 20)}`, () => {
    const { state, ignored } = opened(`${link}&closed=1`);
    assert.match(ignored, said);
    assert.match(ignored, /^This link holds something that was ignored: .*\.$/);
    assert.deepEqual(comparable(state), comparable(opened("closed=1").state));
  });
}

test("a page that is turned to a link shows what it says, keeps what it says already and stays whole", () => {
  const { state } = opened("picks=1,2,3,4&t=0.25&tool=pad");
  const { picks, walk } = state;
  turnTo("picks=1,2,3,4&t=0.5&sum=B.A.C&tool=arithmetic", state);
  assert.equal(write(state), "tool=arithmetic&picks=1,2,3,4&t=0.5&sum=B.A.C");
  assert.equal(state.picks, picks);
  assert.equal(state.walk, walk); // tools hold it
  turnTo("picks=5,6&t=7&nonsense", state);
  assert.equal(write(state), "picks=5,6&sum=A.B.");
  turnTo("", state);
  assert.equal(write(state), "");
});
