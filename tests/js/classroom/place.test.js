/** Where a page is, and whether another one shows the same. */

/** @import { ClassMoment } from "../../../gan/app/components/types.d.ts" */

import assert from "node:assert/strict";
import { test } from "node:test";

import { isDraft, placeOf, sameMoment, samePage, strayed } from "../../../gan/app/components/classroom/place.js";

/** @param {Partial<ClassMoment>} values @returns {ClassMoment} */
const replay = (values) => ({ kind: "replay", epoch: 1, batch: 100, speed: 4, rate: 80, playing: true, ...values });
/** @param {number} epoch @returns {ClassMoment} */
const after = (epoch) => ({ kind: "epoch", epoch, batch: 0, speed: 0, rate: 0, playing: false });

test("a place is the page with its run and its lesson, below the server's own path, too", () => {
  const train = { page: "train", run: "demo", lesson: "first-run" };
  assert.deepEqual(placeOf({ pathname: "/", search: "?run=demo&lesson=first-run" }, ""), train);
  const below = placeOf({ pathname: "/class/gan/train", search: "?lesson=first-run&run=demo" }, "/class/gan");
  assert.deepEqual(below, train);
  const playground = { page: "playground", run: "demo", lesson: null };
  assert.deepEqual(placeOf({ pathname: "/playground", search: "?run=demo&lesson=x" }, ""), playground);
  assert.deepEqual(placeOf({ pathname: "/runs", search: "?run=demo" }, ""), { page: "runs", run: null, lesson: null });
});

test("nobody follows to a page that students do not have", () => {
  for (const pathname of ["/class", "/other"]) assert.equal(placeOf({ pathname, search: "?run=demo" }, ""), null);
});

test("the Train page without a run is a draft", () => {
  for (const [pathname, search] of [["/", ""], ["/train", "?run=new&lr_g=0.001"]]) {
    const place = placeOf({ pathname, search }, "");
    assert.deepEqual(place, { page: "train", run: null, lesson: null });
    assert.ok(place && isDraft(place));
  }
  assert.ok(!isDraft({ page: "train", run: "demo" }) && !isDraft({ page: "runs", run: null }));
});

test("two pages are the same if page, run and lesson are", () => {
  const here = placeOf({ pathname: "/", search: "?run=demo" }, "");
  assert.ok(samePage(here, { page: "train", run: "demo", lesson: null }));
  assert.ok(!samePage(here, { page: "train", run: "demo", lesson: "x" }));
  assert.ok(!samePage(here, null));
});

test("a replay that plays is where it should be within a third of a second, and one that rests exactly", () => {
  assert.ok(sameMoment(replay({}), replay({ batch: 120 })));
  assert.ok(!sameMoment(replay({}), replay({ batch: 130 })));
  assert.ok(!sameMoment(replay({}), replay({ playing: false })));
  assert.ok(!sameMoment(replay({}), replay({ speed: 16 })));
  assert.ok(!sameMoment(replay({ playing: false, batch: 101 }), replay({ playing: false })));
  assert.ok(!sameMoment(null, replay({})) && !sameMoment(replay({}), null) && sameMoment(null, null));
});

test("somebody has strayed with another epoch, and not with a replay that has gone on", () => {
  assert.ok(!strayed(replay({}), replay({ batch: 500, epoch: 7, playing: false })));
  assert.ok(!strayed(after(3), after(3)));
  assert.ok(strayed(after(3), after(4)));
  assert.ok(strayed(null, after(4)) && strayed(after(4), null) && strayed(after(4), replay({})));
});
