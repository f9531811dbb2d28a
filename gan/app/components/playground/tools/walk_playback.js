/** The playback of a walk. */

import { rounded } from "../state/state.js";
import { segmentsOf } from "./path_labels.js";

/** @import { Page, PageState } from "../types.d.ts" */

const SEGMENT_MS = 2000; // from one stop to the next at speed 1

/**
 * How long the whole walk takes.
 * @param {PageState["walk"]} walk
 * @param {number} stops
 */
export const wholeWalkMs = ({ closed, speed }, stops) => (SEGMENT_MS * segmentsOf(stops, closed)) / speed;

/**
 * Moves along the path by itself. Closed: round and round. Open: there and back.
 * @param {Page} page
 * @param {() => number} stops how many
 */
export function createPlayback({ state, requestDraw }, stops) {
  const { walk } = state;
  let playing = false;
  let backwards = false;
  let last = 0;

  function start() {
    if (!walk.closed && walk.t >= 1) walk.t = 0;
    playing = true;
    backwards = false;
    last = performance.now();
    requestDraw();
  }

  function stop() {
    if (!playing) return;
    playing = false;
    walk.t = rounded(walk.t);
    requestDraw();
  }

  return {
    stop,
    toggle: () => (playing ? stop() : start()),
    playing: () => playing,
    advance() {
      if (!playing) return;
      const now = performance.now();
      const by = (now - last) / wholeWalkMs(walk, stops());
      last = now;
      let t = walk.t + (backwards ? -by : by);
      if (walk.closed) t %= 1;
      else if (t > 1 || t < 0) {
        backwards = t > 1;
        t = Math.min(1, Math.max(0, t > 1 ? 2 - t : -t));
      }
      walk.t = t;
      requestDraw();
    },
  };
}
