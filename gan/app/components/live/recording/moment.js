/** A moment of a run's recording, and what follows from it: knobs, curves, and the run as a replay has it. */

/** @import { KnobValues, Settings, Snapshot } from "../../types.d.ts" */
/** @import { Place } from "../charts/batch_lines.js" */
/** @import { Stream } from "../stream/stream.js" */
/** @import { Recording } from "./history.js" */
/** @import { Replay } from "./replay.js" */

import { count } from "../../shared/format.js";
import { settingsAt, streamUntil } from "./history.js";

const MORE = 10; // epochs that a branch from a run's end trains
const USUAL_PACE = 100; // batches/s of a run whose own is not known

/**
 * @typedef {{ kind: "epoch" | "branch" | "replay", epoch: number, edits: KnobValues }} Moment
 *   `epoch`: the last one that was over by then; `edits`: the knobs that were turned for a branch
 * @typedef {Omit<Snapshot, "state"> & { state: "replay", until: number }} Replayed a run as a replay has it, which ends
 *   at the batch `until`
 */

/** @param {() => Stream | null} stream of the run on the page */
export function createMoment(stream) {
  /** @type {Moment | null} */
  let moment = null;
  /** @type {Replay | null} */
  let replay = null;

  const perEpoch = () => stream()?.run?.batches_per_epoch ?? 1;
  const last = () => stream()?.series.last() ?? 0;
  /** The last batch that was trained by then. */
  const batch = () => (replay ? replay.batch() : (moment?.epoch ?? 0) * perEpoch());
  /** @param {number} of a batch */
  const epochOf = (of) => Math.floor(of / perEpoch());
  const run = () => /** @type {Snapshot} */ (stream()?.run); // there is a moment only of a run that is here

  /** The settings of the moment; while nobody branches, those that held then. */
  function values() {
    const held = settingsAt(run().settings, stream()?.marks ?? [], Math.max(1, replay ? batch() + 1 : batch()));
    return /** @type {Settings} */ ({ ...held, ...moment?.edits });
  }

  return {
    batch, last, epochOf, values,
    /** @returns {Moment | null} null: live */
    moment: () => moment,
    /** @param {Moment | null} next */
    set: (next) => (moment = next),
    /**
     * Turn knobs of a branch that has not started.
     * @param {KnobValues} changes
     */
    edit: (changes) => moment && Object.assign(moment.edits, changes),
    /**
     * A branch from an epoch; it goes at least as far as the run by now, and on from there in any case.
     * @param {number} epoch
     * @param {KnobValues} edits the knobs that were turned for it before
     * @returns {Moment}
     */
    branchFrom: (epoch, edits) => ({ kind: "branch", epoch, edits: { ...edits, epochs: goal(epoch, run(), edits) } }),
    /**
     * What a replay plays.
     * @param {Stream} recording
     */
    recorded: (recording) => ({ last, pace: () => paceOf(run()), epoch: perEpoch(), marks: () => recording.marks }),
    /** @param {Replay} next */
    beginReplay(next) {
      replay?.end();
      replay = next;
    },
    endReplay() {
      replay?.end();
      replay = null;
    },
    showReplay: () => replay?.show(),
    /** The replay, if there is one. */
    replay: () => replay,
    /**
     * Go to an epoch of the replay.
     * @param {number} epoch
     * @returns {boolean} whether there is one
     */
    seek(epoch) {
      replay?.seek(epoch * perEpoch());
      return replay !== null;
    },
    /** The epoch to which the replay has come. */
    follow() {
      const epoch = epochOf(batch());
      if (moment) moment.epoch = epoch;
      return epoch;
    },
    /**
     * What a header shows of a replay.
     * @returns {Replayed}
     */
    replayed: () => ({
      ...run(), state: "replay", batch: batch(), epochs: values().epochs, until: last(), rate: replay?.rate() ?? 0,
    }),
    /**
     * Curves and marks of a stream as far as they are to be shown.
     * @param {Recording | null} one
     */
    shown: (one) => (replay && one ? streamUntil(one, batch) : one),
    /**
     * Where the charts point to.
     * @returns {Place}
     */
    cursor: () => (moment && !replay ? { batch: batch(), label: `epoch ${count(moment.epoch)}` } : null),
  };
}

/**
 * @param {Snapshot} run
 * @returns {number} batches/s
 */
const paceOf = ({ batch, seconds }) => (seconds > 0 && batch > 0 ? batch / seconds : USUAL_PACE);

/**
 * How many epochs a branch trains to.
 * @param {number} epoch where it begins
 * @param {Snapshot} run
 * @param {KnobValues} edits
 */
function goal(epoch, run, edits) {
  const { epochs } = run.settings;
  if (edits.epochs > epoch) return edits.epochs;
  return Math.max(edits.epochs ?? 0, epochs > epoch ? epochs : epoch + MORE);
}
