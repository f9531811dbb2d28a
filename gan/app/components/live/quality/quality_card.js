/** The card of the images' quality: a chart of the FID over the batches, and the digits that the images are read as. */

/** @import { LiveData } from "../../types.d.ts" */
/** @import { Theme } from "../../shared/theme.js" */
/** @import { Plotly } from "../charts/plotly.js" */
/** @import { Stream } from "../stream/stream.js" */

import { button, h, setAttr, setBlocked, setText } from "../../shared/dom.js";
import { count } from "../../shared/format.js";
import { scrollOver } from "../../shared/gestures.js";
import { createDrawnCurves } from "../charts/drawn_curves.js";
import { asPlot, loadPlotly } from "../charts/plotly.js";
import { createClassHistogram } from "./class_histogram.js";
import { drawFidChart, themeFidChart } from "./fid_chart.js";
import { bestOf, fidAt, scoreAt } from "./scores.js";

/**
 * @typedef {object} Quality what the card shows
 * @property {Stream | null} stream of the run
 * @property {(Stream | null)[]} others of those to compare it with, by their places
 * @property {number | null} moment the batch that the page shows; null: the newest
 * @property {string | null} blocked why nothing can be asked for
 */

/**
 * @param {string} plotlyUrl
 * @param {LiveData["class_names"]} classNames of each data set
 * @param {() => void} measure have the epochs measured that were not
 */
export function createQualityCard(plotlyUrl, classNames, measure) {
  const figures = createFigures();
  const measuring = createMeasuring(measure);
  const histogram = createClassHistogram(classNames);
  const chart = createFidChart();
  const el = h("section", { class: "lg-card lg-quality", "aria-label": "Image quality" },
    h("div", { class: "lg-quality-chart" }, figures.el, chart.el, measuring.el),
    histogram.el);
  return {
    el,
    /** Load Plotly, which the charts above have asked for already. */
    begin: () => loadPlotly(plotlyUrl).then(chart.begin, () => {}),
    /** @param {Quality} quality */
    show(quality) {
      const { stream, moment } = quality;
      const score = scoreAt(stream?.scores ?? [], moment);
      figures.show(stream?.scores ?? [], moment);
      histogram.show(score, stream?.run?.settings ?? null);
      measuring.show(quality);
      chart.show(quality);
    },
    applyTheme: chart.applyTheme,
    destroy: chart.destroy,
  };
}

/** The figures of the moment that the page shows, in words. */
function createFigures() {
  const when = h("span", { text: "last FID " });
  const now = h("b", { class: "lg-now" });
  const best = h("b");
  const which = h("span", { class: "lg-muted" });
  return {
    el: h("div", { class: "lg-quality-head" },
      h("h2", { class: "lg-title", text: "Image quality" }),
      h("span", { class: "lg-quality-fid", "data-word": "fid", "data-figure": "fid" }, when, now),
      h("span", { class: "lg-muted" }, "best FID ", best), which),
    /**
     * @param {Stream["scores"]} scores
     * @param {number | null} moment
     */
    show(scores, moment) {
      const score = scoreAt(scores, moment);
      setText(when, moment === null ? "last FID " : "FID ");
      setText(now, fidAt(score));
      setText(best, fidAt(bestOf(scores)));
      setText(which, score?.averaged ? "of the averaged generator" : "");
    },
  };
}

/**
 * The button that has all epochs measured, and how far that is.
 * @param {() => void} measure
 */
function createMeasuring(measure) {
  const again = button({ class: "lg-button lg-small", text: "Measure all epochs", onclick: measure,
    title: "Measure the images of every kept epoch that was not measured while the run trained" });
  const progress = h("progress", { class: "lg-quality-progress", max: 1, value: 0, "aria-label": "Measuring" });
  const note = h("span", { class: "lg-muted", role: "status" });
  return {
    el: h("div", { class: "lg-quality-foot" }, again, progress, note),
    /** @param {Pick<Quality, "stream" | "blocked">} quality */
    show({ stream, blocked }) {
      const { done, of, note: text, complete } = stream?.measuring ?? { done: 0, of: 0, note: "", complete: true };
      again.hidden = of > 0 || complete;
      setBlocked(again, blocked);
      progress.hidden = of === 0;
      progress.value = of ? done / of : 0;
      setText(note, of ? `${count(done)} of ${count(of)} epochs` : text);
    },
  };
}

/** The chart, drawn again only when something of it has changed. */
function createFidChart() {
  const plot = asPlot(scrollOver(h("div", { class: "lg-quality-plot", "aria-hidden": "true" })));
  const alternative = h("div", { class: "lg-chart-alt lg-quality-alt", role: "img" });
  const hint = h("p", { class: "lg-quality-hint lg-muted" });
  /** @type {Plotly | null} */
  let Plotly = null;
  /** @type {Theme | null} */
  let theme = null;
  /** @type {Quality | null} */
  let latest = null;
  let drawn = "";
  const curves = createDrawnCurves(true);
  const seen = new ResizeObserver(() => plot.data && plot.clientWidth && Plotly?.Plots.resize(plot));
  seen.observe(plot);

  function draw() {
    if (!Plotly || !theme || !latest || !plot.isConnected) return;
    const { stream, others, moment } = latest;
    const runs = [stream, ...others].map((run) => `${run?.name} ${run?.scoresVersion}`);
    const key = [...runs, moment, theme.dark, curves.version()].join(" ");
    if (key === drawn) return;
    drawn = key;
    drawFidChart(Plotly, plot, theme, latest, curves.of(stream?.name));
  }

  curves.watch(draw);

  return {
    el: h("div", { class: "lg-quality-box" }, plot, alternative, hint),
    /** @param {Plotly} loaded */
    begin(loaded) {
      Plotly = loaded;
      draw();
    },
    /** @param {Quality} quality */
    show(quality) {
      latest = quality;
      setAttr(alternative, "aria-label", alternativeOf(quality));
      setText(hint, hintOf(quality));
      draw();
    },
    /** @param {Theme} next */
    applyTheme(next) {
      theme = next;
      drawn = "";
      if (plot.data && Plotly) themeFidChart(Plotly, plot, theme);
      draw();
    },
    destroy() {
      seen.disconnect();
      curves.end();
      if (plot.data) Plotly?.purge(plot);
    },
  };
}

/**
 * The chart in words.
 * @param {Quality} quality
 */
function alternativeOf({ stream, moment }) {
  const scores = stream?.scores ?? [];
  const score = scoreAt(scores, moment);
  if (!score) return "Image quality: nothing measured yet.";
  const what = moment === null ? "Last FID" : "FID";
  return `${what} ${fidAt(score)}; best FID ${fidAt(bestOf(scores))}, of ${scores.length} measured.`;
}

/** @param {Quality} quality */
function hintOf({ stream, moment }) {
  if (scoreAt(stream?.scores ?? [], moment)) return "";
  return stream?.run?.grids ? "Not measured yet." : "The first figure comes at the end of the first epoch.";
}
