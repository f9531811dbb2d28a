/** The live stream of one run: keeps its curves, its knob changes and its latest state up to date. */

/** @import { CatchupHeader, DeltaHeader, Explanation, Mark, MeasuringProgress } from "../../types.d.ts" */
/** @import { MessageHeader, Score, Snapshot } from "../../types.d.ts" */
/** @import { Series } from "../charts/series.js" */
/** @import { Message, Numbers } from "../../shared/frames.js" */

import { carryRuns, takeRuns } from "../../shared/runs_feed.js";
import { connect } from "../../shared/socket.js";
import { createSeries } from "../charts/series.js";
import { withMore } from "../quality/scores.js";
import { decode } from "../../shared/frames.js";

/**
 * @typedef {object} Stream
 * @property {string} name of the run
 * @property {string} title what people read for its name
 * @property {Series} series its curves
 * @property {Snapshot | null} run its latest state; null: nothing has come yet
 * @property {Mark[]} marks its knob changes, by batch
 * @property {number} version grows with every message
 * @property {Score[]} scores of its images, by batch
 * @property {number} scoresVersion grows with every change of these
 * @property {MeasuringProgress | null} measuring how far the measuring of all epochs is
 * @property {Explanation | null} explanation what all of it means
 * @property {() => void} close
 */

/**
 * @param {string} base the server's base path
 * @param {string} name of the run
 * @param {{ frame: () => void, grid: (png: Blob, batch: number) => void, gone: (message: string) => void,
 *   status: (connected: boolean) => void }} on `frame` is called after every message
 * @param {{ runs?: boolean }} [along] whether it brings the list of runs along, which one stream of a page does
 * @returns {Stream}
 */
export function openStream(base, name, on, { runs = false } = {}) {
  /** @type {Stream} */
  const stream = {
    name, series: createSeries(), run: null, marks: [], version: 0, scores: [], scoresVersion: 0, measuring: null,
    explanation: null,
    get title() {
      return stream.run?.title ?? name;
    },
    close() {
      socket.close();
      carried();
    },
  };
  const path = `${base}/api/runs/${encodeURIComponent(name)}/live${runs ? "?list=1" : ""}`;
  let carried = runs ? carryRuns() : () => {};
  const socket = connect(path, {
    message: (data) => (typeof data === "string" ? takeRuns(data) : take(decode(data))),
    status(connected) { // while it is lost (its run may be gone) the list comes by itself
      carried();
      if (runs && connected) carried = carryRuns();
      on.status(connected);
    },
  });

  /** @param {Message<MessageHeader>} message */
  function take({ header, numbers, pictures }) {
    if (header.type === "gone") {
      stream.close();
      on.gone(header.message);
      return;
    }
    if (header.type === "delta" && header.from !== stream.series.last()) { // a gap: catch up again
      socket.restart();
      return;
    }
    apply(stream, header, numbers);
    on.frame();
    if (pictures.grid) on.grid(pictures.grid, header.grid_batch ?? 0);
  }

  return stream;
}

/**
 * @param {Stream} stream
 * @param {CatchupHeader | DeltaHeader} header
 * @param {Record<string, Numbers>} numbers
 */
function apply(stream, header, numbers) {
  if (header.type === "catchup") {
    stream.series.replace(header.run.batch, numbers);
    stream.marks = header.marks;
    stream.scores = [];
  } else {
    stream.series.append(numbers.rows ?? []);
    if (header.marks.length) stream.marks = [...stream.marks, ...header.marks];
  }
  stream.run = header.run;
  stream.measuring = header.measuring;
  stream.explanation = header.explanation ?? stream.explanation;
  if (header.scores.length || header.type === "catchup") stream.scoresVersion += 1;
  stream.scores = withMore(stream.scores, header.scores);
  stream.version += 1;
}
