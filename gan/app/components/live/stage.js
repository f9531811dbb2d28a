/** What one does with the run in front of a class; the same as the page's own controls do. */

/** @import { ClassMoment, Snapshot } from "../types.d.ts" */
/** @import { Shown } from "../shared/showing.js" */
/** @import { Stage } from "../shared/stage.js" */

import { OFFERED } from "./header/speed_limit.js";
import { SPEEDS } from "./recording/replay_clock.js";

/**
 * @param {object} page
 * @param {() => Snapshot | null} page.run
 * @param {Shown<ClassMoment | null>} page.moment
 * @param {{ main: () => void, step: () => void }} page.controls press a button, unless it is blocked
 * @param {(pace: number) => void} page.turn
 * @returns {Stage}
 */
export function createStage({ run, moment, controls, turn }) {
  /** @param {1 | -1} by */
  function pace(by) {
    const now = moment.now();
    const shown = run();
    if (now?.kind === "replay") moment.show({ ...now, speed: faster(SPEEDS, now.speed, by) });
    else if (shown && !now) turn(faster(PACES, shown.settings.pace, by));
  }

  function nextEpoch() {
    const now = moment.now();
    const shown = run();
    if (!now || !shown) return;
    const epoch = Math.min(now.epoch + 1, Math.floor(shown.batch / shown.batches_per_epoch));
    if (now.kind === "replay") moment.show({ ...now, batch: epoch * shown.batches_per_epoch, playing: false });
    else moment.show({ ...now, epoch });
  }

  return { toggle: controls.main, step: controls.step, pace, nextEpoch,
    replaying: () => moment.now()?.kind === "replay" };
}

const PACES = OFFERED.toReversed(); // the slowest first; 0, the last one, is full speed

/**
 * The next one of some speeds.
 * @param {number[]} speeds the slowest first
 * @param {number} now
 * @param {1 | -1} by
 */
export function faster(speeds, now, by) {
  /** @param {number} speed */
  const rank = (speed) => speed || Infinity;
  const others = speeds.filter((speed) => (by > 0 ? rank(speed) > rank(now) : rank(speed) < rank(now)));
  return (by > 0 ? others[0] : others.at(-1)) ?? now;
}
