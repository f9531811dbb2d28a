/** The chart card: losses and accuracies, drawn by Plotly, at most a few times a second and never out of sight. */

import { button, h, setAttr, setText } from "../../shared/dom.js";
import { scrollOver } from "../../shared/gestures.js";
import { createChartCard } from "./chart_card.js";
import { createBatchLines } from "./batch_lines.js";
import { ACCURACY_RANGE, MARGIN, TRACES, epochTicks, layout, lines, lossRange, names, plain, themed, traces } from "./figure.js";
import { createMarks } from "./marks.js";
import { loadPlotly } from "./plotly.js";
import { SERIES, thinned } from "./series.js";
import { createAveraging } from "./averaging.js";

const LEAST_GAP = 250; // ms between two redraws
const SHARE = 5; // on a slow computer the gap is this many times the time of a redraw
const LEAST_SPAN = 50; // batches shown at least

/** @typedef {{cursor: import("./batch_lines.js").Place, fork: import("./batch_lines.js").Place, other: object|null}} Also
 *   what is drawn beside the run: where the page looks at, and the stream of another run with where the two part */

/** @type {Also} */
const NOTHING = { cursor: null, fork: null, other: null };

/**
 * @param {string} plotlyUrl
 * @param {Node} compare chooses another run to compare with
 */
export function createCharts(plotlyUrl, compare) {
  const plot = scrollOver(h("div", { class: "lg-plot", "aria-hidden": "true" }));
  const marks = createMarks();
  const cursor = createBatchLines();
  const card = createChartCard(compare);
  const averaging = createAveraging(() => request());
  const reset = button({ class: "lg-button lg-small lg-quiet", text: "Reset zoom", onclick: resetZoom });
  const spikes = button({ class: "lg-button lg-small lg-quiet", text: "Whole spikes", "aria-pressed": "false",
    title: "Show losses up to their highest spike", onclick: toggleSpikes });
  const box = h("div", { class: "lg-plot-box", tabindex: 0, role: "group",
    "aria-label": "Charts. Plus and minus zoom, the arrow keys move, 0 shows everything." },
    plot, ...card.over, marks.el, cursor.el, card.hint);
  const el = h("section", { class: "lg-card lg-charts", "aria-label": "Charts" },
    card.head, box, h("div", { class: "lg-charts-foot" }, averaging.el, reset, spikes));
  let Plotly = null;
  let loading = false;
  let theme = null;
  let stream = null;
  let also = NOTHING;
  let zoomed = false; // by somebody, along the batches
  let stretched = false; // by somebody, along the losses
  let whole = false; // losses shown up to their highest spike
  let queued = 0;
  let drawnAt = 0;
  let took = 0; // ms of the last redraw
  let marked = 0; // knob changes drawn
  let named = null; // the other run's name, as the traces have it
  let drawn = ""; // what the plot shows
  let averages = {}; // as drawn, of the run and of the other one
  let failed = false;

  async function start(loaded) {
    Plotly = loaded;
    if (!theme || !el.isConnected) return;
    await Plotly.newPlot(plot, traces(theme), layout(theme), { displayModeBar: false, responsive: false,
      doubleClick: false, showTips: false });
    plot.on("plotly_relayout", (change) => {
      if ("xaxis.range[0]" in change || "xaxis.range" in change) zoomed = true;
      if ("yaxis.range[0]" in change) stretched = true;
      request(true);
    });
    plot.on("plotly_doubleclick", resetZoom);
    plot.on("plotly_relayouting", drawOver);
    request(true);
  }

  /** Ask for a redraw as soon as one is due; `all`: also if nothing seems to have changed. */
  function request(all = false, now = all) {
    if (all) drawn = "";
    if (queued || document.hidden) return;
    const wait = now ? 0 : Math.max(0, drawnAt + Math.max(LEAST_GAP, SHARE * took) - performance.now());
    queued = setTimeout(() => requestAnimationFrame(draw), wait);
  }

  function draw() {
    queued = 0;
    if (!plot.data || !el.isConnected || document.hidden) return;
    const state = [stream?.name, stream?.version, also.other?.name, also.other?.version, averaging.size(), plot.clientWidth,
      zoomed, whole].join(" ");
    if (state !== drawn) redraw(state);
    drawOver();
    describe();
  }

  function redraw(state) {
    drawn = state;
    drawnAt = performance.now();
    averages = { average: stream?.series.averages(averaging.size()), other: also.other?.series.averages(averaging.size()) };
    const data = dataOf();
    if (also.other && also.other.title !== named) data.name = [...names(plain((named = also.other.title))), ""];
    Plotly.update(plot, data, layoutOf(data));
    took = performance.now() - drawnAt;
  }

  /** The points in view, no more than the pixels can show. */
  function dataOf() {
    const [from, to] = view();
    const stretches = Math.max(50, plot.clientWidth - MARGIN.l - MARGIN.r);
    const points = TRACES.map(({ series, kind }) => {
      const raw = kind === "raw";
      const all = raw ? stream?.series.raw(series) : averages[kind] && { x: averages[kind].x, y: averages[kind][series] };
      return all ? thinned(all, raw ? stretches : stretches / 2, from, to) : { x: [], y: [] };
    });
    return { x: [...points.map((p) => p.x), [null]], y: [...points.map((p) => p.y), [null]] };
  }

  const last = () => stream?.series.last() ?? 0;

  function view() {
    if (zoomed) return plot.layout.xaxis.range;
    return [0, Math.max(LEAST_SPAN, last(), also.other?.series.last() ?? 0)];
  }

  function layoutOf(data) {
    const range = view();
    const ticks = epochTicks(stream?.run?.batches_per_epoch, range, Math.max(3, plot.clientWidth / 70));
    const change = { "xaxis2.tickvals": ticks.tickvals, "xaxis2.ticktext": ticks.ticktext };
    if (!zoomed) change["xaxis.range"] = range;
    if (!stretched) change["yaxis.range"] = lossRange(data.y, whole);
    return change;
  }

  /** What lies over the plot. */
  function drawOver() {
    const [from, to] = plot.layout.xaxis.range;
    const left = MARGIN.l;
    const right = plot.clientWidth - MARGIN.r;
    const toPixel = (batch) => left + ((batch - from) / (to - from)) * (right - left);
    const area = { left, right, top: MARGIN.t, bottom: plot.clientHeight - MARGIN.b };
    marked = stream?.marks.length ?? 0;
    marks.draw(stream?.marks ?? [], toPixel, area);
    cursor.draw(also, toPixel, area);
  }

  /** The values where the page looks at, in words. */
  function describe() {
    const batch = also.cursor?.batch ?? last();
    const valuesOf = (of, all) => {
      const there = batch < of.series.last() ? of.series.averages(averaging.size(), batch) : all;
      return Object.fromEntries(SERIES.map((name) => [name, there[name].at(-1) ?? Number.NaN]));
    };
    const now = stream ? valuesOf(stream, averages.average) : {};
    const other = also.other ? { name: also.other.title, now: valuesOf(also.other, averages.other) } : null;
    card.describe(now, { batch, window: averaging.size(), moment: also.cursor?.label ?? null }, other);
    if (!failed) setText(card.hint, batch ? "" : "The curves appear here.");
    reset.style.visibility = zoomed || stretched ? "visible" : "hidden";
  }

  function resetZoom() {
    zoomed = stretched = false;
    if (plot.data) Plotly.relayout(plot, { "yaxis2.range": ACCURACY_RANGE });
    request(true);
  }

  function toggleSpikes() {
    whole = !whole;
    setAttr(spikes, "aria-pressed", String(whole));
    stretched = false;
    request(true);
  }

  /** Zoom and move by keyboard: `scale` of the span, `shift` in spans. */
  function move(scale, shift) {
    const [from, to] = view();
    const span = Math.max(5, (to - from) * scale);
    const middle = (from + to) / 2 + shift * (to - from);
    zoomed = true;
    const start = Math.max(0, middle - span / 2);
    Plotly?.relayout(plot, { "xaxis.range": [start, start + span] });
  }

  const keys = { "+": [0.5, 0], "=": [0.5, 0], "-": [2, 0], ArrowLeft: [1, -0.2], ArrowRight: [1, 0.2] };
  box.addEventListener("keydown", (event) => {
    if (event.target !== box) return;
    if (keys[event.key]) move(...keys[event.key]);
    else if (event.key === "0" || event.key === "Home") resetZoom();
    else return;
    event.preventDefault();
  });

  const seen = new ResizeObserver(() => {
    if (plot.data && plot.clientWidth) Plotly.Plots.resize(plot);
  });
  seen.observe(plot);

  return {
    el,
    /** Load Plotly; what is quicker comes first. */
    begin() {
      if (loading) return;
      loading = true;
      loadPlotly(plotlyUrl).then(start, (error) => {
        failed = true;
        setText(card.hint, `${error.message} Reload the page.`);
      });
    },
    /**
     * Show another stream (null: none), or more of the same.
     * @param {Also} [beside]
     */
    show(next, beside = NOTHING) {
      const moved = beside.cursor?.batch !== also.cursor?.batch || beside.other?.name !== also.other?.name;
      if (next?.name !== stream?.name && (zoomed || stretched)) resetZoom();
      stream = next;
      also = beside;
      request(false, moved || (stream !== null && stream.marks.length !== marked)); // what somebody did is shown at once
    },
    /** The page can be seen again. */
    wake: () => request(true),
    applyTheme(next) {
      const first = !theme;
      theme = next;
      if (first && Plotly) return start(Plotly);
      if (!plot.data) return;
      const { axis, font, hover, hoverLine } = themed(theme);
      const change = { font, "hoverlabel.bgcolor": hover, "hoverlabel.bordercolor": hoverLine, "hoverlabel.font": font };
      for (const name of ["xaxis", "xaxis2", "yaxis", "yaxis2"]) {
        for (const [key, value] of Object.entries(axis)) change[`${name}.${key}`] = value;
      }
      Plotly.update(plot, { "line.color": [...lines(theme).map((line) => line.color), theme.text] }, change);
    },
    destroy() {
      seen.disconnect();
      clearTimeout(queued);
      if (plot.data) Plotly.purge(plot);
    },
  };
}
