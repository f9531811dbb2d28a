/** The moment that the page shows of a run, as a class shares it: told by the teacher's page, shown by the others. */

/** @import { ClassMoment } from "../../types.d.ts" */
/** @import { Shown } from "../../shared/showing.js" */
/** @import { Moment, createMoment } from "./moment.js" */
/** @import { Playback } from "./replay.js" */

const RESTS = { batch: 0, speed: 0, rate: 0, playing: false };

/**
 * @param {ReturnType<typeof createMoment>} at
 * @param {(next: Moment | null) => void} go
 * @param {(from: number, like: Playback) => Promise<void>} play
 * @returns {Shown<ClassMoment | null>}
 */
export function createSharedMoment(at, go, play) {
  let loading = false;

  /** @param {ClassMoment} like */
  async function begin(like) {
    if (loading) return;
    loading = true;
    await play(like.batch, like);
    loading = false;
  }

  return {
    now() {
      const moment = at.moment();
      if (!moment) return null;
      const playback = moment.kind === "replay" ? at.replay()?.playback() : null;
      return { epoch: moment.epoch, ...(playback ? { kind: "replay", ...playback } : { kind: "epoch", ...RESTS }) };
    },
    show(next) {
      if (at.last() === 0) return false; // nothing of the run is here yet
      if (!next) go(null);
      else if (next.kind === "epoch") go({ kind: "epoch", epoch: next.epoch, edits: {} });
      else if (at.moment()?.kind === "replay") at.replay()?.playAs(next);
      else begin(next);
      return true;
    },
  };
}
