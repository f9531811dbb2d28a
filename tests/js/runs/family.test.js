/** Runs as family trees. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { families, folded, ownFirst } from "../../../gan/app/components/runs/family.js";

/**
 * @param {string} name
 * @param {number} created
 * @param {string | null} [parent]
 */
const run = (name, created, parent = null) => ({ name, created, parent, branched_at: null });

/** @param {ReturnType<typeof run>[]} runs newest first */
const drawn = (runs) => families(runs).map(({ run: { name }, lines }) => [name, ...lines]);

test("branches stand below their parent, the family with the newest run first", () => {
  const runs = [
    run("twig", 5, "late"), run("late", 4, "root"), run("other", 3), run("early", 2, "root"), run("root", 1),
  ];
  assert.deepEqual(drawn(runs), [
    ["root"], ["late", "tee"], ["twig", "through", "elbow"], ["early", "elbow"], ["other"],
  ]);
});

test("a run whose parent is not among them begins a family", () => {
  assert.deepEqual(drawn([run("orphan", 2, "gone"), run("root", 1)]), [["orphan"], ["root"]]);
});

test("a run that is older than what bears its parent's name now is not its branch", () => {
  assert.deepEqual(drawn([run("root", 3), run("branch", 2, "root")]), [["root"], ["branch"]]);
});

test("a run that names itself as its parent is listed once", () => {
  assert.deepEqual(drawn([run("loop", 1, "loop")]), [["loop"]]);
});

test("levels that are too deep are drawn at the last one that there is room for", () => {
  assert.deepEqual(folded(["none", "through", "elbow"], 2), ["none", "elbow"]);
  assert.deepEqual(folded(["tee"], 2), ["tee"]);
  const chain = [7, 6, 5, 4, 3, 2, 1, 0].map((i) => run(`r${i}`, i, i ? `r${i - 1}` : null));
  assert.equal(Math.max(...families(chain).map(({ lines }) => lines.length)), 5);
});

test("the runs of one's own desk come first", () => {
  const [mine, theirs] = [{ id: "me", name: "Blue 7" }, { id: "other", name: "Red 3" }];
  const runs = [
    { name: "a", desk: theirs }, { name: "b", desk: mine }, { name: "c", desk: null }, { name: "d", desk: mine },
  ];
  const namesFor = (/** @type {string | null} */ desk) => ownFirst(runs, desk).map(({ name }) => name).join("");
  assert.equal(namesFor("me"), "bdac");
  assert.equal(namesFor(null), "abcd");
});
