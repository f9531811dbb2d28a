/** The chart card: losses and accuracies, drawn by Plotly, at most a few times a second and never out of sight. */

/** @import { Theme } from "../../shared/theme.js" */
/** @import { Recording } from "../recording/history.js" */
/** @import { Also, Chart } from "./drawing.js" */
/** @import { Plotly } from "./plotly.js" */

import { button, h, setAttr, setText } from "../../shared/dom.js";
import { scrollOver } from "../../shared/gestures.js";
import { createAveraging } from "./averaging.js";
import { createBatchLines } from "./batch_lines.js";
import { createChartCard } from "./chart_card.js";
import { actOnKey, draw, recolour, redrawAll, resetZoom, start } from "./drawing.js";
import { createMarks } from "./marks.js";
import { asPlot, loadPlotly } from "./plotly.js";
import { createPredictions } from "./predictions.js";
import { createSchedule } from "./schedule.js";

/** @type {Also} */
const NOTHING = { cursor: null, fork: null, others: [], lit: null };

/**
 * @param {string} plotlyUrl
 * @param {{ el: Node, chips: Node }} comparison chooses runs to compare with, and lists them
 */
export function createCharts(plotlyUrl, comparison) {
  const { chart, el } = createElements(comparison);
  const { plot, schedule } = chart;
  let loading = false;
  const sized = new ResizeObserver(() => {
    if (!plot.data || !plot.clientWidth) return;
    chart.plotly?.Plots.resize(plot);
    redrawAll(chart); // what lies over the plot moves with it
  });
  sized.observe(plot);

  /** @param {Plotly} loaded */
  function begun(loaded) {
    chart.plotly = loaded;
    if (chart.theme && el.isConnected) start(chart, loaded, chart.theme);
  }

  return {
    el,
    /** Load Plotly; what is quicker comes first. */
    begin() {
      if (loading) return;
      loading = true;
      loadPlotly(plotlyUrl).then(begun, (error) => {
        chart.failed = true;
        setText(chart.card.hint, `${error.message} Reload the page.`);
      });
    },
    /**
     * Show another stream (null: none), or more of the same.
     * @param {Recording | null} stream
     */
    show(stream, also = NOTHING) {
      const moved = isElsewhere(also, chart.also);
      if (stream?.name !== chart.stream?.name && (chart.zoomed || chart.stretched)) resetZoom(chart);
      Object.assign(chart, { stream, also });
      const marked = stream !== null && stream.marks.length !== chart.drawnMarks;
      schedule.request(moved || marked); // what the user did is shown at once
    },
    /** The page can be seen again. */
    wake: () => redrawAll(chart),
    /** @param {Theme} theme */
    applyTheme(theme) {
      const first = !chart.theme;
      chart.theme = theme;
      if (!chart.plotly) return;
      if (first) start(chart, chart.plotly, theme);
      else if (plot.data) recolour(chart, chart.plotly, theme);
    },
    destroy() {
      sized.disconnect();
      schedule.end();
      chart.predictions.end();
      if (plot.data) chart.plotly?.purge(plot);
    },
  };
}

/**
 * Whether the page shows another moment, compares with other runs, or lets one of them stand out.
 * @param {Also} also
 * @param {Also} before
 */
function isElsewhere(also, before) {
  /** @param {Also} each */
  const key = ({ cursor, others, lit }) => [cursor?.batch, lit, ...others.map((other) => other?.name)].join(" ");
  return key(also) !== key(before);
}

/**
 * @param {{ el: Node, chips: Node }} comparison
 * @returns {{ chart: Chart, el: HTMLElement }}
 */
function createElements(comparison) {
  const plot = asPlot(scrollOver(h("div", { class: "lg-plot", "aria-hidden": "true" })));
  const reset = button({ class: "lg-button lg-small lg-quiet", text: "Reset zoom", onclick: () => resetZoom(chart) });
  const spikes = button({ class: "lg-button lg-small lg-quiet", text: "Whole spikes", "aria-pressed": "false",
    title: "Show losses up to their highest spike", onclick: toggleSpikes });
  /** @type {Chart} */
  const chart = {
    plot, reset, card: createChartCard(comparison), marks: createMarks(), batchLines: createBatchLines(),
    predictions: createPredictions(),
    averaging: createAveraging(() => chart.schedule.request()), schedule: createSchedule(() => draw(chart)),
    plotly: null, theme: null, stream: null, also: NOTHING, zoomed: false, stretched: false, whole: false,
    drawn: "", drawnMarks: 0, drawnCompared: "", averages: { average: null, others: [] }, failed: false,
  };
  const { card, marks, batchLines, averaging, predictions } = chart;
  predictions.watch(() => chart.schedule.request(true));
  const box = h("div", { class: "lg-plot-box", tabindex: 0, role: "group",
    "aria-label": "Charts. Plus and minus zoom, the arrow keys move, 0 shows everything." },
    predictions.el, plot, ...card.over, marks.el, batchLines.el, card.hint);
  box.addEventListener("keydown", (event) => {
    if (event.target === box && actOnKey(chart, event.key)) event.preventDefault();
  });

  function toggleSpikes() {
    chart.whole = !chart.whole;
    setAttr(spikes, "aria-pressed", String(chart.whole));
    chart.stretched = false;
    redrawAll(chart);
  }

  const el = h("section", { class: "lg-card lg-charts", "aria-label": "Charts" },
    card.head, box, h("div", { class: "lg-charts-foot" }, averaging.el, reset, spikes));
  return { chart, el };
}
