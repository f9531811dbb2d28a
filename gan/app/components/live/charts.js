/** The chart card: losses and accuracies, drawn by Plotly, at most a few times a second and never out of sight. */

import { button, h, setAttr, setText } from "../shared/dom.js";
import { count, figure } from "../shared/format.js";
import { ACCURACY_RANGE, DOMAIN, MARGIN, TRACES, epochTicks, layout, lines, lossRange, themed, traces } from "./figure.js";
import { createMarks } from "./marks.js";
import { loadPlotly } from "./plotly.js";
import { SERIES, thinned } from "./series.js";
import { createWindow } from "./window.js";

const LEAST_GAP = 250; // ms between two redraws
const SHARE = 5; // on a slow computer the gap is this many times the time of a redraw
const LEAST_SPAN = 50; // batches shown at least

/**
 * @param {string} plotlyUrl
 */
export function createCharts(plotlyUrl) {
  const plot = h("div", { class: "lg-plot", "aria-hidden": "true" });
  const marks = createMarks();
  const hint = h("p", { class: "lg-hint" });
  const images = {
    loss: h("div", { class: "lg-chart-alt", role: "img", style: place(DOMAIN.loss) }),
    accuracy: h("div", { class: "lg-chart-alt", role: "img", style: place(DOMAIN.accuracy) }),
  };
  const values = Object.fromEntries(SERIES.map((name) => [name, h("b", { class: "lg-now", text: "–" })]));
  const averaging = createWindow(() => request());
  const reset = button({ class: "lg-button lg-small lg-quiet", text: "Reset zoom", onclick: resetZoom });
  const spikes = button({ class: "lg-button lg-small lg-quiet", text: "Whole spikes", "aria-pressed": "false",
    title: "Show losses up to their highest spike", onclick: toggleSpikes });
  const middle = h("div", { class: "lg-charts-mid", style: between() },
    h("h2", { class: "lg-title", text: "Discriminator accuracy, %" }),
    legend("d", "Real", values.d_real_acc), legend("g", "Generated", values.d_fake_acc));
  const box = h("div", { class: "lg-plot-box", tabindex: 0, role: "group",
    "aria-label": "Charts. Plus and minus zoom, the arrow keys move, 0 shows everything." },
    plot, h("span", { class: "lg-axis lg-axis-epoch", text: "epoch" }), h("span", { class: "lg-axis lg-axis-batch", text: "batch" }),
    images.loss, images.accuracy, middle, marks.el, hint);
  const el = h("section", { class: "lg-card lg-charts", "aria-label": "Charts" },
    h("div", { class: "lg-charts-head" },
      h("h2", { class: "lg-title", text: "Losses" }),
      legend("d", "Discriminator", values.d_loss), legend("g", "Generator", values.g_loss)),
    box,
    h("div", { class: "lg-charts-foot" }, averaging.el, reset, spikes),
  );
  let Plotly = null;
  let theme = null;
  let stream = null;
  let zoomed = false; // by somebody, along the batches
  let stretched = false; // by somebody, along the losses
  let whole = false; // losses shown up to their highest spike
  let queued = 0;
  let drawnAt = 0;
  let took = 0; // ms of the last redraw
  let marked = 0; // knob changes drawn
  let drawn = "";
  let failed = false;

  loadPlotly(plotlyUrl).then(start, (error) => {
    failed = true;
    setText(hint, `${error.message} Reload the page.`);
  });

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
    plot.on("plotly_relayouting", drawMarks);
    request(true);
  }

  /** Ask for a redraw as soon as one is due. */
  function request(now = false) {
    if (now) drawn = "";
    if (queued || document.hidden) return;
    const wait = now ? 0 : Math.max(0, drawnAt + Math.max(LEAST_GAP, SHARE * took) - performance.now());
    queued = setTimeout(() => requestAnimationFrame(draw), wait);
  }

  function draw() {
    queued = 0;
    if (!plot.data || !el.isConnected || document.hidden) return;
    const state = [stream?.name, stream?.version, averaging.size(), plot.clientWidth, zoomed, whole].join(" ");
    if (state === drawn) return;
    drawn = state;
    drawnAt = performance.now();
    const averages = stream ? stream.series.averages(averaging.size()) : null;
    const data = dataOf(averages);
    Plotly.update(plot, data, layoutOf(data));
    drawMarks();
    describe(averages);
    took = performance.now() - drawnAt;
  }

  /** The points in view, no more than the pixels can show. */
  function dataOf(averages) {
    const [from, to] = view();
    const stretches = Math.max(50, plot.clientWidth - MARGIN.l - MARGIN.r);
    const points = TRACES.map(({ series, smooth }) => {
      if (!averages) return { x: [], y: [] };
      const all = smooth ? { x: averages.x, y: averages[series] } : stream.series.raw(series);
      return thinned(all, smooth ? stretches / 2 : stretches, from, to);
    });
    return { x: [...points.map((p) => p.x), [null]], y: [...points.map((p) => p.y), [null]] };
  }

  function view() {
    if (zoomed) return plot.layout.xaxis.range;
    return [0, Math.max(LEAST_SPAN, stream?.series.last() ?? 0)];
  }

  function layoutOf(data) {
    const range = view();
    const ticks = epochTicks(stream?.run?.batches_per_epoch, range, Math.max(3, plot.clientWidth / 70));
    const change = { "xaxis2.tickvals": ticks.tickvals, "xaxis2.ticktext": ticks.ticktext };
    if (!zoomed) change["xaxis.range"] = range;
    if (!stretched) change["yaxis.range"] = lossRange(data.y.filter((_, i) => TRACES[i]?.yaxis === "y"), whole);
    return change;
  }

  function drawMarks() {
    const [from, to] = plot.layout.xaxis.range;
    const left = MARGIN.l;
    const right = plot.clientWidth - MARGIN.r;
    const toPixel = (batch) => left + ((batch - from) / (to - from)) * (right - left);
    marked = stream?.marks.length ?? 0;
    marks.draw(stream?.marks ?? [], toPixel, { left, right, top: MARGIN.t, bottom: plot.clientHeight - MARGIN.b });
  }

  /** The latest values, in the legends and in the alternative texts. */
  function describe(averages) {
    const last = (name) => averages?.[name].at(-1) ?? Number.NaN;
    for (const name of SERIES) setText(values[name], figure(last(name), name.endsWith("acc") ? 1 : 3));
    const batch = stream?.series.last() ?? 0;
    const when = batch ? `after batch ${count(batch)}, averaged over ${count(Math.min(batch, averaging.size()))} batches` : "nothing yet";
    setAttr(images.loss, "aria-label", batch
      ? `Losses ${when}: discriminator ${figure(last("d_loss"))}, generator ${figure(last("g_loss"))}.`
      : "Losses: nothing yet.");
    setAttr(images.accuracy, "aria-label", batch
      ? `Discriminator accuracy ${when}: ${figure(last("d_real_acc"), 1)} % on real images, ${figure(last("d_fake_acc"), 1)} % on generated images.`
      : "Discriminator accuracy: nothing yet.");
    if (!failed) setText(hint, batch ? "" : "The curves appear here.");
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
    /** Show another stream (null: none), or more of the same. */
    show(next) {
      if (next !== stream) {
        stream = next;
        if (zoomed || stretched) resetZoom();
      }
      request(stream !== null && stream.marks.length !== marked); // a knob change is shown at once
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

function legend(tone, label, now) {
  return h("span", { class: `lg-legend lg-tone-${tone}` }, h("i"), label, now);
}

const INNER = `(100% - ${MARGIN.t + MARGIN.b}px)`;

/** Where the title between the two charts lies. */
function between() {
  return `top:calc(${MARGIN.t + 9}px + ${INNER} * ${1 - DOMAIN.loss[0]}); height:calc(${INNER} * ${DOMAIN.loss[0] - DOMAIN.accuracy[1]} - 17px)`;
}

/** Where a chart lies in its box, for its alternative text. */
function place([bottom, top]) {
  return `left:${MARGIN.l}px; right:${MARGIN.r}px; top:calc(${MARGIN.t}px + ${INNER} * ${1 - top}); height:calc(${INNER} * ${top - bottom})`;
}
