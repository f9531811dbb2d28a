/** What the buttons of the Train page offer. */

/** @import { Snapshot } from "../../../gan/app/components/types.d.ts" */

import assert from "node:assert/strict";
import { test } from "node:test";

import { offer } from "../../../gan/app/components/live/header/training_controls.js";

/**
 * @param {Partial<Snapshot>} run
 * @param {boolean} [watched]
 */
const actionOn = (run, watched = false) =>
  offer(/** @type {Snapshot} */ ({ state: "finished", resumable: true, over: null, ...run }), watched).action;

test("whoever steers a run can pause it, go on, or train its recording again if its state was not kept", () => {
  assert.equal(actionOn({ state: "running" }), "Pause");
  assert.equal(actionOn({ state: "stopped" }), "Resume");
  assert.equal(actionOn({ resumable: false }), "Train again");
});

test("whoever may only watch a run is offered one of their own, whatever its state", () => {
  for (const run of [{ state: /** @type {const} */ ("running") }, { resumable: false }, {}]) {
    assert.equal(actionOn(run, true), "New run");
  }
});
