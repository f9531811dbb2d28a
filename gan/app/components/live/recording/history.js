/** What a run was at one of its batches, from its record alone: its knobs, and all that was known of it by then. */

/** @typedef {import("../charts/marks.js").Mark} Mark */

/**
 * The knob values that batch `batch` was trained with: today's, with every later change taken back.
 * @param {Record<string, any>} settings of today
 * @param {Mark[]} marks by batch; each acts on the batches after its own
 * @param {number} batch from 1
 */
export function settingsAt(settings, marks, batch) {
  const values = { ...settings };
  for (let i = marks.length - 1; i >= 0 && marks[i].batch >= batch; i--) {
    if (marks[i].knob in values) values[marks[i].knob] = marks[i].before;
  }
  return values;
}

/**
 * A stream as it was after a batch: curves and knob changes up to there.
 * @param {ReturnType<typeof import("../stream/stream.js").openStream>} stream
 * @param {() => number} batch from 1; asked anew each time
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
