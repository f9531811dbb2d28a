/** How the chart of the FID looks: one line a run on a logarithmic axis, the best epoch marked. */

/** @import { Score } from "../../types.d.ts" */
/** @import { Theme } from "../../shared/theme.js" */
/** @import { Drawn } from "../charts/drawn_curves.js" */
/** @import { Plot, Plotly } from "../charts/plotly.js" */

import { RUN_COLORS, epochTicks, plain, themed } from "../charts/figure.js";
import { CONFIG } from "../charts/plotly.js";
import { bestOf, scoreAt } from "./scores.js";

const MARGIN = { t: 8, r: 12, b: 30, l: 44, pad: 0 };
const NEAREST = ["#15803d", "#4ade80"]; // in the light theme, in the dark one
const MANY = 60; // scores, from which on they have no dots
const LEAST_SHARE = 0.2; // of the lowest FID: as far down as drawings are shown, since the axis has no 0
const ROOM_BELOW = 0.2; // of the chart's height, for the word below the best score
const TICK_WIDTH = 90; // px that the number of an epoch needs

/**
 * @typedef {object} Scored a run that has scores
 * @property {string} name
 * @property {string} [title]
 * @property {Score[]} scores
 * @property {{ batches_per_epoch: number } | null} run
 */

/**
 * Round figures of a logarithmic axis within a range, few enough to be read.
 * @param {number} low
 * @param {number} high
 */
export function decades(low, high) {
  const steps = high / low > 60 ? [1] : high / low > 8 ? [1, 3] : [1, 1.5, 2, 3, 5, 7];
  const first = Math.floor(Math.log10(low));
  const powers = Array.from({ length: Math.floor(Math.log10(high)) - first + 1 }, (_, i) => first + i);
  return powers.flatMap((power) => steps.map((step) => step * 10 ** power))
    .filter((tick) => tick >= low && tick <= high).map((tick) => Number(tick.toPrecision(3)));
}

/**
 * @param {Score[]} scores
 * @param {string} name
 * @param {{ color: string, width: number, dash?: string }} style
 */
const line = (scores, name, style) => ({
  type: "scatter", mode: scores.length > MANY ? "lines" : "lines+markers", name,
  x: scores.map((score) => score.batch), y: scores.map((score) => score.fid),
  line: style, marker: { size: 4, color: style.color }, customdata: scores.map((score) => score.epoch),
  hovertemplate: "FID %{y:.3g} after epoch %{customdata}<extra>%{fullData.name}</extra>",
});

/**
 * What a class has drawn, the nearest marked.
 * @param {Drawn | null} drawn
 * @param {number[]} figures the FIDs that are shown
 */
export function drawnLines(drawn, figures) {
  const least = figures.length ? Math.min(...figures) * LEAST_SHARE : 1;
  return (drawn?.lines ?? []).map(({ line, nearest }) => ({
    nearest, x: line.map(([batch]) => batch), y: line.map(([, fid]) => Math.max(fid, least)),
  }));
}

/**
 * Lines for Plotly: the nearest each, all others as one with gaps.
 * @param {ReturnType<typeof drawnLines>} lines
 * @param {Theme} theme
 */
function predicted(lines, theme) {
  const best = lines.filter(({ nearest }) => nearest);
  const rest = lines.filter(({ nearest }) => !nearest);
  const common = { type: "scatter", mode: "lines", hoverinfo: "skip" };
  return [
    { ...common, opacity: best.length ? 0.25 : 0.5, line: { color: theme.text, width: 1.5 },
      x: rest.flatMap(({ x }) => [...x, null]), y: rest.flatMap(({ y }) => [...y, null]) },
    ...best.map(({ x, y }) => ({ ...common, x, y,
      line: { color: NEAREST[theme.dark ? 1 : 0], width: 4, dash: "9px,7px" } })),
  ];
}

/**
 * @param {Score | undefined} score
 * @param {Theme} theme
 */
function marked(score, theme) {
  return {
    type: "scatter", mode: "markers+text", x: [score?.batch], y: [score?.fid], text: ["best"],
    textposition: "bottom center", cliponaxis: false, textfont: { color: theme.text, size: 12 }, hoverinfo: "skip",
    marker: { size: 11, symbol: "circle-open", color: theme.text, line: { width: 2 } },
  };
}

/**
 * What a run is called, for Plotly.
 * @param {Scored | null} one
 */
const titled = (one) => plain(one?.title ?? one?.name ?? "");

/**
 * The runs' names on their lines, each at another place: where runs are about as good, names in the same place would
 * overlap.
 * @param {Scored | null} stream
 * @param {Scored[]} others
 * @param {Theme} theme
 */
function namesOf(stream, others, theme) {
  if (!others.length) return [];
  const all = [stream, ...others];
  return all.flatMap((run, i) => {
    const share = (i + 1) / (all.length + 1);
    const score = run?.scores[Math.floor(run.scores.length * share)];
    if (!score) return [];
    const font = { color: theme.text, size: 12 };
    return [{ x: score.batch, y: Math.log10(score.fid), text: titled(run), showarrow: false, yshift: 10, font }];
  });
}

/**
 * A line at the moment that the page shows.
 * @param {Score | undefined} score
 * @param {Theme} theme
 */
function ruleAt(score, theme) {
  if (!score) return [];
  const line = { color: theme.mix(0.5), width: 1, dash: "dot" };
  return [{ type: "line", xref: "x", yref: "paper", x0: score.batch, x1: score.batch, y0: 0, y1: 1, line }];
}

/**
 * @param {Plotly} Plotly
 * @param {Plot} plot
 * @param {Theme} theme
 * @param {{ stream: Scored | null, others: (Scored | null)[], moment: number | null }} what
 *   the run, those that it is compared with by their places, and the batch that the page shows, as `createQualityCard`
 *   is told
 * @param {Drawn | null} [drawn] by a class
 */
export function drawFidChart(Plotly, plot, theme, { stream, others: places, moment }, drawn = null) {
  const scores = stream?.scores ?? [];
  const others = places.filter((run) => run !== null);
  const all = [scores, ...others.map((run) => run.scores)].flat();
  const lines = drawnLines(drawn, all.map((score) => score.fid));
  const data = [
    ...predicted(lines, theme),
    ...others.map((run) => line(run.scores, titled(run), others.length > 1
      ? { color: RUN_COLORS[places.indexOf(run)], width: 2 }
      : { color: theme.mix(0.45), width: 1.7, dash: "5px,3px" })),
    line(scores, titled(stream), { color: theme.generator, width: 2.4 }),
    marked(bestOf(scores), theme),
  ];
  const { font, hover, hoverLine } = themed(theme);
  const at = moment === null ? undefined : scoreAt(scores, moment);
  Plotly.react(plot, data, {
    showlegend: false, margin: MARGIN, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", font,
    dragmode: false, hovermode: "closest", hoverlabel: { bgcolor: hover, bordercolor: hoverLine, font },
    shapes: ruleAt(at, theme), annotations: namesOf(stream, others, theme),
    ...axes([...all, ...lines.flatMap(({ x, y }) => x.map((batch, i) => ({ batch, fid: y[i] })))], theme,
      stream?.run?.batches_per_epoch, Math.max(3, plot.clientWidth / TICK_WIDTH)),
  }, CONFIG);
}

/**
 * @param {Pick<Score, "batch" | "fid">[]} scores that are drawn
 * @param {Theme} theme
 * @param {number | undefined} perEpoch batches in an epoch; without it the axis counts batches
 * @param {number} most how many ticks fit
 */
function axes(scores, theme, perEpoch, most) {
  const { axis } = themed(theme);
  const figures = scores.map((score) => score.fid);
  const [least, high] = figures.length ? [Math.min(...figures), Math.max(...figures) * 1.3] : [1, 100];
  const low = least * Math.min(0.7, (high / least) ** -ROOM_BELOW);
  const end = Math.max(1, ...scores.map((score) => score.batch)) * 1.03;
  const tickvals = decades(low, high);
  return {
    xaxis: { ...axis, range: [0, end], zeroline: false, showgrid: false, ticks: "outside", ticklen: 4, tickformat: ",d",
      ...(perEpoch ? epochTicks(perEpoch, [0, end], most) : { tickvals: null, ticktext: null }) },
    yaxis: { ...axis, type: "log", range: [Math.log10(low), Math.log10(high)], tickvals, ticktext: tickvals.map(String),
      zeroline: false },
  };
}

/**
 * Other colours; the next drawing puts the rest right.
 * @param {Plotly} Plotly
 * @param {Plot} plot
 * @param {Theme} theme
 */
export function themeFidChart(Plotly, plot, theme) {
  Plotly.relayout(plot, { font: themed(theme).font });
}
