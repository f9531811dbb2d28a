/** Where in its recording the page shows a run: live, after an epoch, in a replay, or at the start of a branch. */

/** @import { Stream } from "../stream/stream.js" */
/** @import { Moment } from "./moment.js" */
/** @import { Playback } from "./replay.js" */

import { count } from "../../shared/format.js";
import { createMoment } from "./moment.js";
import { createSharedMoment } from "./shared_moment.js";
import { createTimeBar } from "./time_bar.js";

/**
 * @param {() => Stream | null} stream of the run on the page
 * @param {(epoch: number | null, rolling: boolean) => void} showEpoch shows its picture; null is live, 0 is none yet
 * @param {(turned?: string[]) => void} changed called when another moment is shown, by a replay with the knobs that
 *   were turned on the way
 */
export function createTimeTravel(stream, showEpoch, changed) {
  const at = createMoment(stream);
  const { moment, values, replayed, edit, shown, cursor } = at;
  let wanted = 0; // counts what was asked for while modules load
  const bar = createTimeBar({ replay: () => play(at.batch()), branch, live: () => go(null) });

  /** @param {Moment | null} next */
  function go(next) {
    wanted += 1;
    if (next?.kind !== "replay") at.endReplay();
    at.set(next);
    showEpoch(next && next.epoch, false);
    changed();
  }

  /** @param {number} epoch that was chosen */
  function pick(epoch) {
    const now = moment();
    if (at.seek(epoch)) return;
    go(now?.kind === "branch" ? at.branchFrom(epoch, now.edits) : { kind: "epoch", epoch, edits: {} });
  }

  function branch() {
    go(at.branchFrom(moment()?.epoch ?? 0, {}));
  }

  /**
   * @param {number} from a batch
   * @param {Playback | null} [like] another page's replay that it is to be like
   */
  async function play(from, like = null) {
    const turn = ++wanted;
    const { createReplay } = await import("./replay.js");
    const recording = stream();
    if (turn !== wanted || !recording?.run) return;
    const replay = createReplay({ ...at.recorded(recording), from: Math.max(1, from), moved, leave: () => go(null) });
    at.beginReplay(replay);
    bar.replaySlot.replaceChildren(replay.el);
    go({ kind: "replay", epoch: at.epochOf(replay.batch()), edits: {} });
    replay.begin(like);
  }

  /** @param {string[]} turned */
  function moved(turned) {
    showEpoch(at.follow(), true);
    changed(turned);
  }

  return {
    bar: bar.el,
    pick,
    /** From the start. */
    play: () => play(1),
    live: () => moment() && go(null),
    /** No branch after all. */
    cancel: () => go({ kind: "epoch", epoch: moment()?.epoch ?? 0, edits: {} }),
    moment, values, replayed, edit, shown, cursor, shared: createSharedMoment(at, go, play),
    /**
     * Show the bar as it has to be now. A run that went back to a checkpoint may have lost the moment.
     * @param {string | null} refusal why nothing may be branched
     */
    update(refusal) {
      const now = moment();
      if (!now || !stream()?.run) return;
      if (at.batch() > at.last()) return go(null);
      at.showReplay();
      const text = `batch ${count(at.batch())} of ${count(at.last())}`;
      bar.update({ epoch: now.epoch, replaying: now.kind === "replay", title: `As of epoch ${count(now.epoch)}`, text },
        refusal);
    },
    /** Another run. */
    reset() {
      if (!moment()) return;
      at.endReplay();
      at.set(null);
      wanted += 1;
    },
    destroy: at.endReplay,
  };
}

