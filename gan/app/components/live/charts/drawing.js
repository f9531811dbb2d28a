/** Draws the two charts: with Plotly, with labels over them, and with the values of the moment that the page shows. */

/** @import { Theme } from "../../shared/theme.js" */
/** @import { Recording } from "../recording/history.js" */
/** @import { createAveraging } from "./averaging.js" */
/** @import { Place, createBatchLines } from "./batch_lines.js" */
/** @import { createChartCard } from "./chart_card.js" */
/** @import { Compared } from "./figure.js" */
/** @import { createMarks } from "./marks.js" */
/** @import { Averages, Range } from "./plot_data.js" */
/** @import { Change, Plot, Plotly } from "./plotly.js" */
/** @import { createPredictions } from "./predictions.js" */
/** @import { createSchedule } from "./schedule.js" */
/** @import { Columns } from "./series.js" */

import { setText } from "../../shared/dom.js";
import { isSeen } from "../../shared/seen.js";
import {
  ACCURACY_RANGE, DOMAIN, MARGIN, isOneOfMany, layout, lines, names, opacities, themed, traces,
} from "./figure.js";
import { heightOf, labelsInView } from "./mark_labels.js";
import { axesOf, movedByKey, traceData, wholeRange } from "./plot_data.js";
import { CONFIG } from "./plotly.js";
import { drawnLosses, heightOn } from "./predictions.js";
import { ofEachSeries } from "./series.js";

const LABEL_GAP = 6; // px between the labels of knob changes and the curves
const MOST_HEADROOM = 0.4; // of the losses' height

/**
 * @typedef {object} Also what is drawn with the run
 * @property {Place} cursor the moment that the page shows
 * @property {Place} fork where it and the only run that it is compared with part
 * @property {(Recording | null)[]} others the runs that it is compared with, by their places
 * @property {number | null} lit the place of the one of them that stands out
 *
 * @typedef {object} Chart
 * @property {Plot} plot
 * @property {ReturnType<typeof createChartCard>} card
 * @property {ReturnType<typeof createMarks>} marks
 * @property {ReturnType<typeof createBatchLines>} batchLines
 * @property {ReturnType<typeof createPredictions>} predictions
 * @property {ReturnType<typeof createAveraging>} averaging
 * @property {ReturnType<typeof createSchedule>} schedule
 * @property {HTMLElement} reset the button that shows everything again
 * @property {Plotly | null} plotly once it is loaded
 * @property {Theme | null} theme
 * @property {Recording | null} stream
 * @property {Also} also
 * @property {boolean} zoomed by the user, along the batches
 * @property {boolean} stretched by the user, along the losses
 * @property {boolean} whole losses are shown up to their highest spike
 * @property {string} drawn what the plot shows
 * @property {number} drawnMarks how many knob changes it shows
 * @property {string} drawnCompared the runs that it is compared with, as the traces have them
 * @property {Averages} averages as drawn
 * @property {boolean} failed Plotly could not be loaded
 */

/**
 * Make the plot.
 * @param {Chart} chart
 * @param {Plotly} plotly
 * @param {Theme} theme
 */
export async function start(chart, plotly, theme) {
  const { plot } = chart;
  await plotly.newPlot(plot, traces(theme), layout(theme), CONFIG);
  plot.on("plotly_relayout", (change) => {
    if ("xaxis.range[0]" in change || "xaxis.range" in change) chart.zoomed = true;
    if ("yaxis.range[0]" in change) chart.stretched = true;
    redrawAll(chart);
  });
  plot.on("plotly_doubleclick", () => resetZoom(chart));
  plot.on("plotly_relayouting", () => drawOver(chart));
  redrawAll(chart);
}

/**
 * Draw at once, also if nothing seems to have changed.
 * @param {Chart} chart
 */
export function redrawAll(chart) {
  chart.drawn = "";
  chart.schedule.request(true);
}

/** @param {Chart} chart */
export function draw(chart) {
  const { plot, plotly, stream, also, averaging, zoomed, whole } = chart;
  if (!plotly || !plot.data || !plot.isConnected || !isSeen()) return;
  const others = also.others.map((other) => `${other?.name} ${other?.version}`);
  const state = [stream?.name, stream?.version, ...others, also.lit, averaging.size(), plot.clientWidth, zoomed,
    whole, chart.predictions.version()].join(" ");
  if (state !== chart.drawn) {
    chart.drawn = state;
    chart.schedule.time(() => redraw(chart, plotly));
  }
  drawOver(chart);
  describe(chart);
}

/**
 * @param {Chart} chart
 * @param {Plotly} plotly
 */
function redraw(chart, plotly) {
  const { plot, stream, also, averaging } = chart;
  const window = averaging.size();
  chart.averages = {
    average: stream?.series.averages(window) ?? null,
    others: also.others.map((other) => other?.series.averages(window) ?? null),
  };
  const range = inView(chart);
  const width = plot.clientWidth;
  const data = traceData(stream, chart.averages, range, width - MARGIN.l - MARGIN.r);
  const view = { ...chart, perEpoch: stream?.run?.batches_per_epoch, width, headroom: headroomOf(chart, range),
    drawn: drawnLosses(chart.predictions.of(stream?.name)) };
  const compared = comparedIn(chart);
  const key = JSON.stringify(compared);
  const restyled = key !== chart.drawnCompared && chart.theme;
  chart.drawnCompared = key;
  const hovermode = isOneOfMany(compared) ? "closest" : "x unified"; // all at once would be a long list
  plotly.update(plot, { ...data, ...(restyled ? styleOf(restyled, compared) : {}) },
    { ...axesOf(data, range, view), ...(restyled ? { hovermode } : {}) });
}

/**
 * @param {Chart} chart
 * @returns {Compared}
 */
const comparedIn = ({ also }) => ({ titles: also.others.map((other) => other?.title ?? null), lit: also.lit });

/**
 * How the traces look.
 * @param {Theme} theme
 * @param {Compared} compared
 * @returns {Change}
 */
function styleOf(theme, compared) {
  const styles = lines(theme, compared);
  return {
    name: [...names(compared), ""], opacity: [...opacities(theme.dark, compared), 1],
    "line.color": [...styles.map((line) => line.color), theme.text],
    "line.dash": [...styles.map((line) => line.dash), "solid"],
  };
}

/**
 * The share of the losses' height that the labels of knob changes take: the curves stay below them.
 * @param {Chart} chart
 * @param {Range} range
 */
function headroomOf({ plot, stream }, range) {
  const { toPixel, area } = placesOf(plot, range);
  const height = heightOf(labelsInView(stream?.marks ?? [], toPixel, area));
  const [bottom, top] = DOMAIN.loss;
  return height ? Math.min(MOST_HEADROOM, (height + LABEL_GAP) / ((area.bottom - area.top) * (top - bottom))) : 0;
}

/**
 * Where batches and the charts lie, in pixels.
 * @param {Plot} plot
 * @param {Range} range in view
 */
function placesOf(plot, [from, to]) {
  const area = { left: MARGIN.l, right: plot.clientWidth - MARGIN.r, top: MARGIN.t,
    bottom: plot.clientHeight - MARGIN.b };
  /** @param {number} batch */
  const toPixel = (batch) => area.left + ((batch - from) / (to - from)) * (area.right - area.left);
  return { area, toPixel };
}

/**
 * @param {Chart} chart
 * @returns {Range}
 */
function inView({ plot, zoomed, stream, also, predictions }) {
  const drawn = predictions.of(stream?.name);
  return zoomed ? plot.layout.xaxis.range : wholeRange([stream, ...also.others], drawn);
}

/**
 * What lies over the plot.
 * @param {Chart} chart
 */
function drawOver(chart) {
  const { plot, stream, also, marks, batchLines, predictions } = chart;
  const { area, toPixel } = placesOf(plot, plot.layout.xaxis.range);
  const drawn = predictions.of(stream?.name);
  predictions.draw(drawn, stream?.series.last() ?? 0, toPixel, heightOn(drawn?.series ?? "", plot.layout, area), area);
  chart.drawnMarks = stream?.marks.length ?? 0;
  marks.draw(stream?.marks ?? [], toPixel, area);
  batchLines.draw(also, toPixel, area);
}

/**
 * The values of the moment that the page shows, in words.
 * @param {Chart} chart
 */
function describe({ stream, also, averages, averaging, card, failed, reset, zoomed, stretched }) {
  const batch = also.cursor?.batch ?? stream?.series.last() ?? 0;
  const window = averaging.size();

  /**
   * @param {Recording | null} of
   * @param {Columns | null} drawn
   */
  function valuesOf(of, drawn) {
    const columns = of && batch < of.series.last() ? of.series.averages(window, batch) : drawn;
    return ofEachSeries((name) => columns?.[name].at(-1) ?? Number.NaN);
  }

  const others = also.others.flatMap((other, i) =>
    (other ? [{ name: other.title, now: valuesOf(other, averages.others[i] ?? null) }] : []));
  card.describe(valuesOf(stream, averages.average), { batch, window, moment: also.cursor?.label ?? null }, others);
  if (!failed) setText(card.hint, batch ? "" : "The curves appear here.");
  reset.style.visibility = zoomed || stretched ? "visible" : "hidden";
}

/** @param {Chart} chart */
export function resetZoom(chart) {
  const { plot, plotly } = chart;
  chart.zoomed = chart.stretched = false;
  if (plot.data) plotly?.relayout(plot, { "yaxis2.range": ACCURACY_RANGE });
  redrawAll(chart);
}

/**
 * Zoom and move by keyboard.
 * @param {Chart} chart
 * @param {string} key
 * @returns {boolean} whether it means something here
 */
export function actOnKey(chart, key) {
  const { plot, plotly } = chart;
  if (!plotly || !plot.data) return false;
  const range = movedByKey(key, inView(chart));
  if (range) {
    chart.zoomed = true;
    plotly.relayout(plot, { "xaxis.range": range });
  } else if (key === "0" || key === "Home") resetZoom(chart);
  else return false;
  return true;
}

/**
 * @param {Chart} chart
 * @param {Plotly} plotly
 * @param {Theme} theme
 */
export function recolour(chart, plotly, theme) {
  const { axis, font, hover, hoverLine } = themed(theme);
  /** @type {Change} */
  const change = { font, "hoverlabel.bgcolor": hover, "hoverlabel.bordercolor": hoverLine, "hoverlabel.font": font };
  for (const name of ["xaxis", "xaxis2", "yaxis", "yaxis2"]) {
    for (const [key, value] of Object.entries(axis)) change[`${name}.${key}`] = value;
  }
  plotly.update(chart.plot, styleOf(theme, comparedIn(chart)), change);
}
