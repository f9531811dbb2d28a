/** The card of the images' quality: a chart of the FID over the batches, and the digits that the images are read as. */

import { button, h, setAttr, setBlocked, setText } from "../../shared/dom.js";
import { count } from "../../shared/format.js";
import { scrollOver } from "../../shared/gestures.js";
import { createClassHistogram } from "./class_histogram.js";
import { loadPlotly } from "../charts/plotly.js";
import { bestOf, fidAt, scoreAt } from "./scores.js";
import { drawFidChart, themeFidChart } from "./fid_chart.js";

const MEANING = "Frechet distance between generated and real images, on what a small classifier sees in them: lower is "
  + "better, 0 is perfect. Each is measured on 2,000 images. It compares runs of this app only; it is not the FID of the Inception network.";

/**
 * @param {string} plotlyUrl
 * @param {Record<string, string[]>} classNames of each data set
 * @param {() => void} measure have the epochs measured that were not
 */
export function createQualityCard(plotlyUrl, classNames, measure) {
  const when = h("span", { text: "last FID " });
  const now = h("b", { class: "lg-now" });
  const best = h("b");
  const plot = scrollOver(h("div", { class: "lg-quality-plot", "aria-hidden": "true" }));
  const alternative = h("div", { class: "lg-chart-alt lg-quality-alt", role: "img" });
  const hint = h("p", { class: "lg-quality-hint lg-muted" });
  const again = button({ class: "lg-button lg-small", text: "Measure all epochs", onclick: measure,
    title: "Measure the images of every kept epoch that was not measured while the run trained" });
  const progress = h("progress", { class: "lg-quality-progress", max: 1, value: 0, "aria-label": "Measuring" });
  const note = h("span", { class: "lg-muted", role: "status" });
  const histogram = createClassHistogram(classNames);
  const which = h("span", { class: "lg-muted" });
  const el = h("section", { class: "lg-card lg-quality", "aria-label": "Image quality" },
    h("div", { class: "lg-quality-chart" },
      h("div", { class: "lg-quality-head" },
        h("h2", { class: "lg-title", text: "Image quality" }),
        h("abbr", { class: "lg-quality-fid", title: MEANING, tabindex: 0 }, when, now), h("span", { class: "lg-muted" }, "best FID ", best), which),
      h("div", { class: "lg-quality-box" }, plot, alternative, hint),
      h("div", { class: "lg-quality-foot" }, again, progress, note)),
    histogram.el);
  let Plotly = null;
  let theme = null;
  let drawn = "";
  let latest = null;

  const seen = new ResizeObserver(() => plot.data && plot.clientWidth && Plotly.Plots.resize(plot));
  seen.observe(plot);

  function draw() {
    if (!Plotly || !theme || !latest || !el.isConnected) return;
    const { stream, other, moment } = latest;
    const key = [stream?.name, stream?.scoresVersion, other?.name, other?.scoresVersion, moment, theme.dark].join(" ");
    if (key === drawn) return;
    drawn = key;
    drawFidChart(Plotly, plot, theme, latest);
  }

  /** The figures of the moment that the page looks at, in words. */
  function describe({ stream, moment }) {
    const scores = stream?.scores ?? [];
    const score = scoreAt(scores, moment);
    const top = bestOf(scores);
    setText(when, moment === null ? "last FID " : "FID ");
    setText(now, fidAt(score));
    setText(best, fidAt(top));
    setText(which, score?.averaged ? "of the averaged generator" : "");
    setAttr(alternative, "aria-label", score
      ? `${moment === null ? "Last FID" : "FID"} ${fidAt(score)}; best FID ${fidAt(top)}, of ${scores.length} measured.`
      : "Image quality: nothing measured yet.");
    setText(hint, score ? "" : stream?.run?.grids ? "Not measured yet." : "The first figure comes at the end of the first epoch.");
    histogram.show(score, stream?.run?.settings ?? null);
  }

  function describeMeasuring({ stream, blocked }) {
    const { done = 0, of = 0, note: text = "", complete = true } = stream?.measuring ?? {};
    again.hidden = of > 0 || complete;
    setBlocked(again, blocked);
    progress.hidden = of === 0;
    progress.value = of ? done / of : 0;
    setText(note, of ? `${count(done)} of ${count(of)} epochs` : text);
  }

  return {
    el,
    /** Load Plotly, which the charts above have asked for already. */
    begin: () => loadPlotly(plotlyUrl).then((loaded) => ((Plotly = loaded), draw()), () => {}),
    /**
     * @param {{stream: object|null, other: object|null, moment: number|null, blocked: string|null}} next
     *   the run, another to compare it with, the batch that the page looks at (null: the newest), why nothing can be asked for
     */
    show(next) {
      latest = next;
      describe(next);
      describeMeasuring(next);
      draw();
    },
    applyTheme(next) {
      theme = next;
      drawn = "";
      if (plot.data) themeFidChart(Plotly, plot, theme);
      draw();
    },
    destroy() {
      seen.disconnect();
      if (plot.data) Plotly.purge(plot);
    },
  };
}
