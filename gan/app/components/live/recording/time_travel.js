/** Where in its recording the page shows a run: live, after an epoch, in a replay, or at the start of a branch. */

import { count } from "../../shared/format.js";
import { settingsAt, streamUntil } from "./history.js";
import { createTimeBar } from "./time_bar.js";

const MORE = 10; // epochs that a branch from a run's end trains

/** @typedef {{kind: "epoch"|"branch"|"replay", epoch: number, edits: Record<string, number>}} Moment
 *   `epoch`: the last one that was over by then; `edits`: the knobs that were turned for a branch */

/**
 * @param {() => ReturnType<typeof import("../stream/stream.js").openStream>|null} stream of the run on the page
 * @param {(epoch: number|null, rolling: boolean) => void} showEpoch shows its picture; null is live, 0 is none yet
 * @param {(turned?: string[]) => void} changed called when another moment is shown, with the knobs turned on the way
 */
export function createTimeTravel(stream, showEpoch, changed) {
  /** @type {Moment|null} */
  let moment = null;
  let replay = null;
  let wanted = 0; // counts what was asked for while modules load
  const bar = createTimeBar({ replay: () => play(moment.epoch * per()), branch, live: () => go(null) });

  const per = () => stream()?.run?.batches_per_epoch ?? 1;
  const last = () => stream()?.series.last() ?? 0;
  /** The last batch that was trained by then. */
  const batch = () => (replay ? replay.batch() : moment.epoch * per());
  const pace = () => {
    const { batch, seconds } = stream().run;
    return seconds > 0 && batch > 0 ? batch / seconds : 100;
  };

  /** @param {Moment|null} next */
  function go(next) {
    wanted += 1;
    if (next?.kind !== "replay") {
      replay?.end();
      replay = null;
    }
    moment = next;
    showEpoch(next && next.epoch, false);
    changed();
  }

  /** Somebody chose an epoch. */
  function pick(epoch) {
    if (replay) return replay.seek(epoch * per());
    if (moment?.kind !== "branch") return go({ kind: "epoch", epoch, edits: {} });
    const epochs = Math.max(moment.edits.epochs, epoch < moment.edits.epochs ? 0 : goal(epoch));
    go({ ...moment, epoch, edits: { ...moment.edits, epochs } });
  }

  function branch() {
    go({ kind: "branch", epoch: moment.epoch, edits: { epochs: goal(moment.epoch) } });
  }

  /** How far a branch from an epoch goes: as far as the run by now, and on from there in any case. */
  function goal(epoch) {
    const { epochs } = stream().run.settings;
    return epochs > epoch ? epochs : epoch + MORE;
  }

  /** Play from a batch on. */
  async function play(from) {
    const turn = ++wanted;
    const { createReplay } = await import("./replay.js");
    if (turn !== wanted || !stream()) return;
    replay?.end();
    replay = createReplay({ from: Math.max(1, from), last, pace, epoch: per(), marks: () => stream().marks, moved, leave: () => go(null) });
    bar.room.replaceChildren(replay.el);
    go({ kind: "replay", epoch: Math.floor(replay.batch() / per()), edits: {} });
    replay.focus();
  }

  function moved(turned) {
    moment.epoch = Math.floor(batch() / per());
    showEpoch(moment.epoch, true);
    changed(turned);
  }

  /** The knob values of the moment; while nobody branches, those that held then. */
  function values() {
    const { run, marks } = stream();
    const held = settingsAt(run.settings, marks, Math.max(1, replay ? batch() + 1 : batch()));
    return { ...held, ...moment.edits };
  }

  /** What a header shows of a replay. */
  function replayed() {
    const epochs = values().epochs;
    return { ...stream().run, state: "replay", batch: batch(), epochs, until: last(), rate: replay.rate() };
  }

  return {
    bar: bar.el,
    pick,
    /** From the start. */
    play: () => play(1),
    live: () => moment && go(null),
    /** No branch after all. */
    cancel: () => go({ kind: "epoch", epoch: moment.epoch, edits: {} }),
    /** @returns {Moment|null} null: live */
    moment: () => moment,
    values,
    replayed,
    /** For a draft of a branch. */
    edit: (changes) => Object.assign(moment.edits, changes),
    /** "epoch 7" */
    name: () => (moment.epoch ? `epoch ${count(moment.epoch)}` : "the start"),
    /** Curves and marks of a stream as far as they are to be shown. */
    shown: (one) => (replay && one ? streamUntil(one, batch) : one),
    /** Where the charts point to. */
    cursor: () => (moment && !replay ? { batch: batch(), label: `epoch ${count(moment.epoch)}` } : null),
    /**
     * Show the bar as it has to be now. A run that went back to a checkpoint may have lost the moment.
     * @param {string|null} refusal why nothing may be branched
     */
    update(refusal) {
      if (!moment || !stream()?.run) return;
      if (batch() > last()) return go(null);
      replay?.show();
      bar.update({ epoch: moment.epoch, replaying: replay !== null, title: `As of epoch ${count(moment.epoch)}`,
        text: `batch ${count(batch())} of ${count(last())}` }, refusal);
    },
    /** Another run. */
    reset() {
      if (!moment) return;
      replay?.end();
      replay = moment = null;
      wanted += 1;
    },
    destroy: () => replay?.end(),
  };
}
