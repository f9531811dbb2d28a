/** What the two charts draw: the points in view of a run and of those that it is compared with. */

/** @import { Recording } from "../recording/history.js" */
/** @import { Columns } from "./series.js" */

import { TRACES, epochTicks, lossRange } from "./figure.js";
import { thinned } from "./series.js";

const LEAST_SPAN = 50; // batches shown at least
const LEAST_STRETCHES = 50; // of which each keeps its least and its greatest point
const BEFORE_DRAWN = 2; // times the length of what is drawn
const TICK_WIDTH = 70; // px that the number of an epoch needs
const KEY_MOVES = /** @type {Record<string, [scale: number, shift: number]>} */ ({
  "+": [0.5, 0], "=": [0.5, 0], "-": [2, 0], ArrowLeft: [1, -0.2], ArrowRight: [1, 0.2],
});

/**
 * @typedef {{ average: Columns | null, others: (Columns | null)[] }} Averages of the run, and of those that it is
 *   compared with, by their places
 * @typedef {{ x: (number | null)[][], y: (number | null)[][] }} TraceData the points of each trace
 * @typedef {[from: number, to: number]} Range of batches
 */

/**
 * All batches of all runs; where a class has drawn, only those around the drawings, which would be a sliver late in a
 * run.
 * @param {(Recording | null)[]} runs
 * @param {{ start: number, end: number } | null} [drawn]
 * @returns {Range}
 */
export function wholeRange(runs, drawn = null) {
  const last = Math.max(LEAST_SPAN, drawn?.end ?? 0, ...runs.map((run) => run?.series.last() ?? 0));
  return [drawn ? Math.max(0, drawn.start - BEFORE_DRAWN * (drawn.end - drawn.start)) : 0, last];
}

/**
 * The points in view, no more than the pixels can show.
 * @param {Recording | null} stream
 * @param {Averages} averages
 * @param {Range} range
 * @param {number} pixels of the charts' width
 * @returns {TraceData}
 */
export function traceData(stream, averages, [from, to], pixels) {
  const stretches = Math.max(LEAST_STRETCHES, pixels);
  const points = TRACES.map(({ series, kind, place }) => {
    if (kind === "raw") return stream ? thinned(stream.series.raw(series), stretches, from, to) : { x: [], y: [] };
    const all = kind === "average" ? averages.average : averages.others[place];
    return all ? thinned({ x: all.x, y: all[series] }, stretches / 2, from, to) : { x: [], y: [] };
  });
  return { x: [...points.map((p) => p.x), [null]], y: [...points.map((p) => p.y), [null]] }; // and the epochs' axis
}

/**
 * What changes about the axes.
 * @param {TraceData} data
 * @param {Range} range
 * @param {{ perEpoch: number | undefined, width: number, headroom: number, zoomed: boolean, stretched: boolean,
 *   whole: boolean, drawn?: number[] }} view `headroom`: the share of the losses' height that labels take; `zoomed`
 *   and `stretched`: the user has chosen what is in view; `whole`: losses up to their highest spike; `drawn`: losses
 *   that a class has drawn
 */
export function axesOf(data, range, { perEpoch, width, headroom, zoomed, stretched, whole, drawn = [] }) {
  const ticks = epochTicks(perEpoch, range, Math.max(3, width / TICK_WIDTH));
  return {
    "xaxis2.tickvals": ticks.tickvals,
    "xaxis2.ticktext": ticks.ticktext,
    ...(zoomed ? {} : { "xaxis.range": range }),
    ...(stretched ? {} : { "yaxis.range": lossRange(data.y, whole, headroom, drawn) }),
  };
}

/**
 * What is in view after a key that zooms or moves; null: it is no such key.
 * @param {string} key
 * @param {Range} range
 * @returns {Range | null}
 */
export function movedByKey(key, [from, to]) {
  if (!Object.hasOwn(KEY_MOVES, key)) return null;
  const [scale, shift] = KEY_MOVES[key];
  const span = Math.max(5, (to - from) * scale);
  const middle = (from + to) / 2 + shift * (to - from);
  const start = Math.max(0, middle - span / 2);
  return [start, start + span];
}
