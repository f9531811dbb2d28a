/** When to draw again: at most a few times a second, on a slow computer less often, never while it cannot be seen. */

import { isSeen } from "../../shared/seen.js";

const LEAST_GAP = 250; // ms between two redraws
const SHARE = 5; // on a slow computer the gap is this many times the time of a redraw

/** @param {() => void} draw */
export function createSchedule(draw) {
  let queued = 0;
  let drawnAt = 0;
  let took = 0; // ms of the last redraw
  return {
    /** Ask for a redraw as soon as one is due, or now. */
    request(now = false) {
      if (queued || !isSeen()) return;
      const wait = now ? 0 : Math.max(0, drawnAt + Math.max(LEAST_GAP, SHARE * took) - performance.now());
      queued = setTimeout(() => requestAnimationFrame(() => {
        queued = 0;
        draw();
      }), wait);
    },
    /**
     * Do what a redraw takes long for; it decides how soon the next one is due.
     * @param {() => void} work
     */
    time(work) {
      drawnAt = performance.now();
      work();
      took = performance.now() - drawnAt;
    },
    end: () => clearTimeout(queued),
  };
}
