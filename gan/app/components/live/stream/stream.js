/** The live stream of one run: keeps its curves, its knob changes and its latest state up to date. */

import { carryRuns, takeRuns } from "../../shared/runs_feed.js";
import { connect } from "../../shared/socket.js";
import { decode } from "./frames.js";
import { withMore } from "../quality/scores.js";
import { createSeries } from "../charts/series.js";

/**
 * @param {string} base the server's base path
 * @param {string} name of the run
 * @param {{frame: () => void, grid: (png: Blob, batch: number) => void, gone: (message: string) => void,
 *   status: (connected: boolean) => void}} on `frame` is called after every message
 * @param {{runs?: boolean}} [along] whether it brings the list of runs along, which one stream of a page does
 */
export function openStream(base, name, on, { runs = false } = {}) {
  const series = createSeries();
  const stream = { name, series, run: null, marks: [], version: 0, scores: [], scoresVersion: 0, measuring: {},
    get title() { return stream.run?.title ?? name; },
    close() {
      socket.close();
      carried();
    } };
  const path = `${base}/api/runs/${encodeURIComponent(name)}/live${runs ? "?list=1" : ""}`;

  function take({ header, blobs }) {
    if (header.type === "gone") {
      stream.close();
      return on.gone(header.message);
    }
    if (header.type === "catchup") {
      series.replace(header.run.batch, blobs);
      stream.marks = header.marks;
      stream.scores = [];
    } else {
      if (header.from !== series.last()) return socket.restart(); // a gap: catch up again
      series.append(blobs.rows ?? []);
      if (header.marks.length) stream.marks = [...stream.marks, ...header.marks];
    }
    stream.run = header.run;
    stream.measuring = header.measuring;
    if (header.scores.length || header.type === "catchup") stream.scoresVersion += 1;
    stream.scores = withMore(stream.scores, header.scores);
    stream.version += 1;
    on.frame();
    if (blobs.grid) on.grid(blobs.grid, header.grid_batch);
  }

  const message = (data) => (typeof data === "string" ? takeRuns(data) : take(decode(data)));
  let carried = runs ? carryRuns() : () => {};
  function status(connected) { // while it is lost (its run may be gone) the list comes by itself
    carried();
    if (runs && connected) carried = carryRuns();
    on.status(connected);
  }
  const socket = connect(path, { message, status });
  return stream;
}
