/** Whether a run can be stepped through as the page shows it, and what is said where it cannot. */

/** @import { Snapshot, TracedBatch } from "../../../types.d.ts" */
/** @import { State } from "./step_session.js" */

import { count, figure } from "../../../shared/format.js";

const ROUNDING = 2e-4; // by which the fast step's figures may differ: it adds the same numbers in another order

const PAST = "The page shows the past, and only the newest weights have a next batch. Return to live to step through "
  + "it, or branch from this epoch, pause the branch, and step through that.";
const DOING = "The run trains this batch now.";
/** @type {Partial<Record<Snapshot["state"], string>>} */
const BUSY = {
  running: "The run is training; pause it to step through its next batch.",
  queued: "The run waits for its turn to train; pause it to step through its next batch.",
};

/**
 * @typedef {object} Situation
 * @property {boolean} offered whether the next batch can be asked for
 * @property {boolean} canPause whether the run is to be paused first
 * @property {TracedBatch | null} trace the batch on show
 * @property {string | null} obstacle why the run cannot train that batch
 * @property {string} note a sentence below the buttons, or ""
 */

/**
 * @param {State} state what was asked of the server
 * @param {Snapshot} run
 * @param {number | null} epoch the one on show; null: live
 * @returns {Situation}
 */
export function situationOf({ trace, doing, error, told }, run, epoch) {
  const busy = doing ? undefined : BUSY[run.state]; // it may be seen training the batch that it was asked for
  const sentence = epoch === null ? busy : PAST;
  if (sentence !== undefined) {
    return { offered: false, canPause: epoch === null, trace: null, obstacle: null, note: error || sentence };
  }
  const obstacle = trace && (doing ? DOING : staleness(trace, run));
  return { offered: !trace || (!doing && obstacle !== ""), canPause: false, trace, obstacle: obstacle || null,
    note: error || obstacle || told };
}

/**
 * Why a traced batch is no longer the run's next one, in a sentence; "" if it is.
 * @param {TracedBatch} trace
 * @param {Snapshot} run
 */
export function staleness(trace, run) {
  if (run.batch + 1 !== trace.batch) {
    return `This was batch ${count(trace.batch)}; the run has moved on and trains batch ${count(run.batch + 1)} next.`;
  }
  const names = /** @type {(keyof typeof run.settings)[]} */ (Object.keys(trace.settings));
  const turned = names.some((name) => JSON.stringify(trace.settings[name]) !== JSON.stringify(run.settings[name]));
  return turned ? "A knob was turned since, so the next batch will be another one; step through it again." : "";
}

/**
 * How the batch that the run has trained compares with the one that was shown, in a sentence.
 * @param {TracedBatch} trace
 * @param {{ d_loss: number, g_loss: number } | null} trained the run's own figures of it
 */
export function outcome(trace, trained) {
  const done = `The run has trained batch ${count(trace.batch)} and recorded the step`;
  const last = trace.stages[trace.stages.length - 1];
  if (!trained || last.name !== "metrics") return `${done}.`;
  const figures = `D loss ${figure(trained.d_loss, 4)}, G loss ${figure(trained.g_loss, 4)}`;
  const apart = Math.max(...(/** @type {const} */ (["d_loss", "g_loss"])).map((name) =>
    Math.abs(trained[name] - last.shown[name]) / Math.max(1, Math.abs(trained[name]))));
  if (apart < 1e-6) return `${done}; the chart has the figures that you saw: ${figures}.`;
  if (apart < ROUNDING) {
    return `${done}; the chart has the figures that you saw, ${figures}, but for rounding: this run adds the same `
      + "numbers in another, faster order.";
  }
  return `${done}: ${figures}. These are not the figures that were shown, since something changed in between.`;
}
