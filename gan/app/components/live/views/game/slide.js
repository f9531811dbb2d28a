/** Points that slide from one moment's places to those of the next, and where they were before. */

/** @import { Numbers } from "../../../shared/frames.js" */

const SLIDE = 320; // ms
const LONGEST_TRAIL = 24; // moments

export function createSlide() {
  let [from, to, shown] = [new Float32Array(), new Float32Array(), new Float32Array()];
  /** @type {Float32Array[]} */
  let past = [];
  let began = 0;
  return {
    /** Where they are drawn, x and y of one after the other. */
    points: () => shown,
    /** The moments before, oldest first. */
    past: () => past,
    /** @param {Numbers} points */
    move(points) {
      const same = to.length === points.length;
      if (same) past = [...past.slice(1 - LONGEST_TRAIL), to];
      to = Float32Array.from(points);
      from = Float32Array.from(same ? shown : points);
      shown = Float32Array.from(from);
      began = performance.now();
    },
    /**
     * @param {boolean} still whether nothing may move
     * @returns {boolean} whether they have arrived
     */
    step(still) {
      const share = still ? 1 : Math.min(1, (performance.now() - began) / SLIDE);
      const eased = 1 - (1 - share) ** 3;
      for (let i = 0; i < to.length; i += 1) shown[i] = from[i] + (to[i] - from[i]) * eased;
      return share === 1;
    },
    clear() {
      [from, to, shown] = [new Float32Array(), new Float32Array(), new Float32Array()];
      past = [];
    },
  };
}
