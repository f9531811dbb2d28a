/** How the chart of the FID looks: one line a run on a logarithmic axis, the best epoch marked. */

import { epochTicks, plain, themed } from "../charts/figure.js";
import { bestOf, scoreAt } from "./scores.js";

const MARGIN = { t: 8, r: 12, b: 30, l: 44, pad: 0 };

/** Round figures of a logarithmic axis within a range, few enough to be read. */
export function decades(low, high) {
  const ticks = [];
  const steps = high / low > 60 ? [1] : high / low > 8 ? [1, 3] : [1, 1.5, 2, 3, 5, 7];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++) {
    for (const step of steps) if (step * 10 ** power >= low && step * 10 ** power <= high) ticks.push(step * 10 ** power);
  }
  return ticks.map((tick) => Number(tick.toPrecision(3)));
}

const line = (scores, name, style) => ({
  type: "scatter", mode: scores.length > 60 ? "lines" : "lines+markers", name, x: scores.map((score) => score.batch), y: scores.map((score) => score.fid),
  line: style, marker: { size: 4, color: style.color }, customdata: scores.map((score) => score.epoch),
  hovertemplate: "FID %{y:.3g} after epoch %{customdata}<extra>%{fullData.name}</extra>",
});

function marked(score, theme) {
  return {
    type: "scatter", mode: "markers+text", x: [score?.batch], y: [score?.fid], text: ["best"], textposition: "top center", cliponaxis: false,
    textfont: { color: theme.text, size: 12 }, hoverinfo: "skip",
    marker: { size: 11, symbol: "circle-open", color: theme.text, line: { width: 2 } },
  };
}

/** What a run is called, for Plotly. */
const titled = (one) => plain(one?.title ?? one?.name ?? "");

/** A run's name on its line. */
function named(scores, name, theme) {
  const middle = scores[Math.floor(scores.length / 2)];
  return middle && { x: middle.batch, y: Math.log10(middle.fid), text: name, showarrow: false, yshift: 10, font: { color: theme.text, size: 12 } };
}

/**
 * @param {any} Plotly
 * @param {HTMLElement} plot
 * @param {any} theme
 * @param {{stream: object|null, other: object|null, moment: number|null}} what as `createQualityCard` is told
 */
export function drawFidChart(Plotly, plot, theme, { stream, other, moment }) {
  const scores = stream?.scores ?? [];
  const others = other?.scores ?? [];
  const figures = [...scores, ...others].map((score) => score.fid);
  const [low, high] = figures.length ? [Math.min(...figures) * 0.7, Math.max(...figures) * 1.3] : [1, 100];
  const end = Math.max(1, ...[...scores, ...others].map((score) => score.batch)) * 1.03;
  const ticks = epochTicks(stream?.run?.batches_per_epoch, [0, end], Math.max(3, plot.clientWidth / 90));
  const { axis, font, hover, hoverLine } = themed(theme);
  const at = moment === null ? undefined : scoreAt(scores, moment);
  const rule = at && { type: "line", xref: "x", yref: "paper", x0: at.batch, x1: at.batch, y0: 0, y1: 1, line: { color: theme.mix(0.5), width: 1, dash: "dot" } };
  const data = [
    line(others, titled(other), { color: theme.mix(0.45), width: 1.7, dash: "5px,3px" }),
    line(scores, titled(stream), { color: theme.generator, width: 2.4 }),
    marked(bestOf(scores), theme),
  ];
  const yTicks = decades(low, high);
  const called = other ? [named(scores, titled(stream), theme), named(others, titled(other), theme)].filter(Boolean) : [];
  Plotly.react(plot, data, {
    showlegend: false, margin: MARGIN, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", font, dragmode: false, hovermode: "closest",
    hoverlabel: { bgcolor: hover, bordercolor: hoverLine, font }, shapes: rule ? [rule] : [], annotations: called,
    xaxis: { ...axis, range: [0, end], zeroline: false, showgrid: false, ticks: "outside", ticklen: 4, tickformat: ",d",
      ...(stream?.run?.batches_per_epoch ? ticks : { tickvals: null, ticktext: null }) },
    yaxis: { ...axis, type: "log", range: [Math.log10(low), Math.log10(high)], tickvals: yTicks, ticktext: yTicks.map(String), zeroline: false },
  }, { displayModeBar: false, responsive: false, doubleClick: false, showTips: false });
}

/** Other colours; the next drawing puts the rest right. */
export function themeFidChart(Plotly, plot, theme) {
  Plotly.relayout(plot, { font: themed(theme).font });
}
