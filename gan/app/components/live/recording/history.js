/** What a run was at one of its batches, from its record alone: its knobs, and all that was known of it by then. */

/** @import { Mark, Settings } from "../../types.d.ts" */
/** @import { Curves } from "../charts/series.js" */
/** @import { Stream } from "../stream/stream.js" */

/**
 * @typedef {Pick<Stream, "name" | "title" | "run" | "marks"> & { version: number | string, series: Curves }} Recording
 *   what the charts show of a run
 */

/**
 * The settings that the batch after `batch` - 1 was trained with: today's, with every later change taken back.
 * @param {Settings} settings of today
 * @param {Mark[]} marks by batch; each acts on the batches after its own
 * @param {number} batch from 1
 * @returns {Settings}
 */
export function settingsAt(settings, marks, batch) {
  const later = marks.filter((mark) => mark.batch >= batch && mark.knob in settings).reverse();
  return { ...settings, ...Object.fromEntries(later.map((mark) => [mark.knob, mark.before])) };
}

/**
 * A stream as it was after a batch: curves and knob changes up to there.
 * @param {Recording} stream
 * @param {() => number} batch from 1; asked anew each time
 * @returns {Recording}
 */
export function streamUntil(stream, batch) {
  return {
    name: stream.name,
    get title() {
      return stream.title;
    },
    get run() {
      return stream.run;
    },
    get version() {
      return `${stream.name} until ${batch()}`;
    },
    get marks() {
      return stream.marks.filter((mark) => mark.batch <= batch());
    },
    series: {
      last: () => Math.min(batch(), stream.series.last()),
      raw(name) {
        const { x, y } = stream.series.raw(name);
        const after = x.findIndex((each) => each > batch());
        return after < 0 ? { x, y } : { x: x.slice(0, after), y: y.slice(0, after) };
      },
      averages: (window) => stream.series.averages(window, batch()),
    },
  };
}
