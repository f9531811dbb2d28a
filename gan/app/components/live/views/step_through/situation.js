/** Whether a run can be stepped through as the page shows it, and what is said where it cannot. */

/** @import { Snapshot, TracedBatch } from "../../../types.d.ts" */
/** @import { State } from "./step_session.js" */

import { count, figure } from "../../../shared/format.js";

const ROUNDING = 2e-4; // by which the fast step's figures may differ: it adds the same numbers in another order

const DOING = "The run trains this batch now.";
/** @type {Partial<Record<Snapshot["state"], string>>} */
const BUSY = {
  running: "The run is training; pause it to step through its next batch.",
  queued: "The run waits for its turn to train; pause it to step through its next batch.",
};
/** @type {Record<TracedBatch["kind"], string>} */
const ABOUT = {
  next: "",
  state: "This is the batch that follows there in this run, with its own images, noise and weights. To train on from "
    + "there, branch from the epoch.",
  weights: "Of this epoch the weights alone were kept. So this is a batch with them, but of other images and noise "
    + "than the run's, and the optimisers begin without memory: their first steps are larger.",
};

/**
 * @typedef {object} Situation
 * @property {string | null} offer what the button says that opens a batch; null: none can be opened
 * @property {number | null} epoch the one that the batch follows; null: it is the run's next one
 * @property {boolean} canPause whether the run is to be paused first
 * @property {TracedBatch | null} trace the batch on show
 * @property {string | null} obstacle why the run cannot train that batch
 * @property {string} note a sentence below the buttons, or ""
 */

/**
 * @param {State} state what was asked of the server
 * @param {Snapshot} run
 * @param {number | null} shown the epoch on show; null: live
 * @returns {Situation}
 */
export function situationOf(state, run, shown) {
  const { trace, doing, error, told } = state;
  const busy = doing || shown !== null ? undefined : BUSY[run.state]; // it may be seen training what it was asked for
  if (busy) return { offer: null, epoch: null, canPause: true, trace: null, obstacle: null, note: error || busy };
  const ended = shown === null ? whyEnded(run) : "";
  const epoch = ended ? run.epoch : shown;
  if (trace) return { epoch, canPause: false, trace, ...ofTrace(trace, state, run, epoch) };
  return { offer: offerOf(run, epoch), epoch, canPause: false, trace, obstacle: null, note: error || told || ended };
}

/**
 * What follows from the batch on show.
 * @param {TracedBatch} trace
 * @param {State} state
 * @param {Snapshot} run
 * @param {number | null} epoch
 */
function ofTrace(trace, { doing, error }, run, epoch) {
  if (doing) return { offer: null, obstacle: DOING, note: DOING };
  const stale = staleness(trace, run, epoch);
  if (!stale) return { offer: null, obstacle: null, note: error || ABOUT[trace.kind] };
  return { offer: offerOf(run, epoch), obstacle: stale, note: error || stale };
}

/**
 * @param {Snapshot} run
 * @param {number | null} epoch
 */
function offerOf(run, epoch) {
  if (epoch === null) return `Step through batch ${count(run.batch + 1)}`;
  return epoch > 0 ? `Step through a batch after epoch ${count(epoch)}` : null;
}

/**
 * Why a run has no next batch, in a sentence; "" if it has one.
 * @param {Snapshot} run
 */
function whyEnded({ state, resumable, over }) {
  if (state === "elsewhere") return "Another process trains this run, so its next batch cannot be opened here.";
  if (over) return `This run has no next batch: ${over}`;
  return resumable && state !== "diverged" && state !== "failed" ? ""
    : "This run has no next batch, since its training state was not kept. A branch from one of its epochs has one.";
}

/**
 * Why a traced batch is no longer the one that is offered, in a sentence; "" if it is.
 * @param {TracedBatch} trace
 * @param {Snapshot} run
 * @param {number | null} epoch the one that the offered batch follows; null: it is the run's next one
 */
export function staleness(trace, run, epoch) {
  if (trace.epoch !== epoch) {
    const was = trace.epoch === null ? `batch ${count(trace.batch)}` : `the batch after epoch ${count(trace.epoch)}`;
    return `This was ${was}; the page shows another moment now.`;
  }
  if (epoch !== null) return "";
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
