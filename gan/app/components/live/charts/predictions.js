/**
 * What a class has drawn, behind the curve that it was asked about: faint where the run has been, clear ahead of it,
 * and the nearest marked.
 */

/** @import { Area } from "./batch_lines.js" */
/** @import { Drawn } from "./drawn_curves.js" */

import { pathOf } from "../../shared/paths.js";
import { svg } from "../../shared/svg.js";
import { createDrawnCurves } from "./drawn_curves.js";
import { DOMAIN } from "./figure.js";

let made = 0;

/**
 * The losses that are drawn, for which the chart makes room.
 * @param {Drawn | null} drawn
 */
export const drawnLosses = (drawn) =>
  (drawn?.series.endsWith("loss") ? drawn.lines.flatMap(({ line }) => line.map(([, height]) => height)) : []);

/**
 * Where a figure lies in its chart, in pixels.
 * @param {string} series
 * @param {{ yaxis: { range: [number, number] }, yaxis2: { range: [number, number] } }} layout
 * @param {Area} area
 * @returns {(height: number) => number}
 */
export function heightOn(series, layout, { top, bottom }) {
  const isLoss = series.endsWith("loss");
  const [low, high] = (isLoss ? layout.yaxis : layout.yaxis2).range;
  const [from, to] = isLoss ? DOMAIN.loss : DOMAIN.accuracy;
  return (height) => bottom - (bottom - top) * (from + ((height - low) / (high - low)) * (to - from));
}

/** What a class has drawn, as far as it is shown; nothing before `watch`. */
export function createPredictions() {
  const name = `lg-predictions-${++made}`;
  const lines = svg("g", { id: name });
  const parts = ["passed", "ahead"].map((part) => {
    const rect = svg("rect", {});
    return { rect, clip: svg("clipPath", { id: `${name}-${part}` }, rect),
      use: svg("use", { href: `#${name}`, class: `lg-predicted-${part}`, "clip-path": `url(#${name}-${part})` }) };
  });
  const el = svg("svg", { class: "lg-predictions", "aria-hidden": "true" },
    svg("defs", {}, lines, ...parts.map(({ clip }) => clip)), ...parts.map(({ use }) => use));
  const curves = createDrawnCurves(false);

  return {
    el,
    ...curves,
    /**
     * @param {Drawn | null} drawn
     * @param {number} batch where the run is
     * @param {(batch: number) => number} toPixel
     * @param {(height: number) => number} toHeight
     * @param {Area} area
     */
    draw(drawn, batch, toPixel, toHeight, { left, right, top, bottom }) {
      lines.replaceChildren(...(drawn?.lines ?? []).map(({ line, nearest }) =>
        svg("path", { d: pathOf(line, toPixel, toHeight), class: nearest ? "lg-predicted-nearest" : "lg-predicted" })));
      // a chart that is hidden has no width: its right end lies left of its left one
      const now = Math.min(right, Math.max(left, toPixel(batch)));
      [[left, now], [now, right]].forEach(([from, to], i) => {
        const place = { x: from, y: top, width: Math.max(0, to - from), height: Math.max(0, bottom - top) };
        for (const [key, value] of Object.entries(place)) parts[i].rect.setAttribute(key, String(value));
      });
    },
  };
}
