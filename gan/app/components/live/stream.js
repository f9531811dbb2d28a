/** The live stream of one run: keeps its curves, its knob changes and its latest state up to date. */

import { connect } from "../shared/socket.js";
import { decode } from "./frames.js";
import { withMore } from "./scores.js";
import { createSeries } from "./series.js";

/**
 * @param {string} base the server's base path
 * @param {string} name of the run
 * @param {{frame: () => void, grid: (png: Blob, batch: number) => void, gone: (message: string) => void,
 *   status: (connected: boolean) => void}} on `frame` is called after every message
 */
export function openStream(base, name, on) {
  const series = createSeries();
  const stream = { name, series, run: null, marks: [], version: 0, scores: [], scoresVersion: 0, measuring: {},
    get title() { return stream.run?.title ?? name; },
    close: () => socket.close() };
  const path = `${base}/api/runs/${encodeURIComponent(name)}/live`;

  function take({ header, blobs }) {
    if (header.type === "gone") {
      socket.close();
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

  const socket = connect(path, { message: (data) => take(decode(data)), status: on.status });
  return stream;
}
