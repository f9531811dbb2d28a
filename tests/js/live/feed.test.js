/** Figures of a view: what is asked of the server, and what is not. */

/** @import { Shown } from "../../../gan/app/components/live/views/context.js" */

import assert from "node:assert/strict";
import { test } from "node:test";

import { addressOf, createFeed } from "../../../gan/app/components/live/views/feed.js";

test("before the end of the first epoch nothing is asked for: no weights are kept", () => {
  /** @type {(string | null | undefined)[]} */
  const shown = [];
  const feed = createFeed("", "overview", (figures) => shown.push(figures && figures.header.missing));
  const run = /** @type {Shown} */ ({ run: {}, name: "a run", epoch: 0, settings: null, recording: null });
  feed.want("");
  feed.update(run, true);
  feed.update(run, true);
  assert.deepEqual(shown, [null, "Weights are kept from the end of the first epoch on."]);
});

test("an address names the run, the view, its parameters and the epoch", () => {
  assert.equal(addressOf("/base", "units", { name: "a run", epoch: 3 }, "side=g"),
    "/base/api/runs/a%20run/views/units?side=g&epoch=3");
  assert.equal(addressOf("", "map", { name: "a", epoch: null }, ""), "/api/runs/a/views/map");
});
