/** What can be expected, while nothing is trained yet: real digits, and those of the runs that come with LiveGAN. */

/** @import { LiveData, QualityFile, Score } from "../../types.d.ts" */
/** @import { Theme } from "../../shared/theme.js" */
/** @import { Plotly } from "../charts/plotly.js" */

import { h, setAttr, setText } from "../../shared/dom.js";
import { count } from "../../shared/format.js";
import { scrollOver } from "../../shared/gestures.js";
import { retryImage } from "../../shared/retry_image.js";
import { linkTo } from "../../shared/run_summary.js";
import { asPlot, loadPlotly } from "../charts/plotly.js";
import { drawFidChart } from "../quality/fid_chart.js";
import { bestOf, fidAt } from "../quality/scores.js";

/** @type {Record<string, string>} */
const LINES = { lecture: "the lecture's preset", sharp: "Sharp digits", chosen: "Chosen digits" };
const SIDE = 242; // px of a grid of 64 images
const CHART_MEANING = "Image quality (FID on a digit classifier's features, lower is better) over the batches";

/**
 * @param {string} base the server's base path
 * @param {string} plotlyUrl
 * @param {LiveData["shipped"]} shipped the runs that come with LiveGAN and are there
 * @param {(name: string) => void} open show a run
 */
export function createWelcome(base, plotlyUrl, shipped, open) {
  const pictures = shipped.map((run) => createPicture(base, run, open));
  const real = createReal(base);
  const note = h("p", { class: "lg-welcome-note" });
  const chart = createChart(base, plotlyUrl, shipped.map((run) => run.name), (runs) => {
    for (const { name, showScores } of pictures) showScores(runs.find((run) => run.name === name)?.scores ?? []);
  });
  const el = h("section", { class: "lg-card lg-welcome", "aria-label": "What to expect", hidden: true },
    h("h2", { class: "lg-title", text: "What to expect" }), note,
    h("div", { class: "lg-welcome-row" }, real.el, ...pictures.map((picture) => picture.el)),
    h("p", { class: "lg-welcome-legend lg-muted", text: CHART_MEANING }),
    chart.el);
  return {
    el,
    /**
     * @param {boolean} wanted
     * @param {LiveData["dataset"]} dataset of the draft
     */
    show(wanted, dataset) {
      if (wanted) {
        real.show(dataset);
        setText(note, noteOn(dataset));
      }
      const hidden = !wanted || !shipped.length;
      if (hidden === el.hidden) return;
      el.hidden = hidden;
      if (!hidden) chart.draw();
    },
    /** @param {Theme} theme */
    applyTheme(theme) {
      chart.setTheme(theme);
      if (!el.hidden) chart.draw();
    },
    destroy: chart.destroy,
  };
}

/**
 * The shipped runs have learned digits; other images are real, but nothing was measured with them.
 * @param {LiveData["dataset"]} dataset
 */
function noteOn({ name, title, cost }) {
  if (name === "mnist") return "";
  const absent = `${title} is not on this computer yet: Start asks before it is downloaded (${cost}). `;
  const digits = `The runs below have learned digits; with ${title}, images and FID come out otherwise.`;
  return cost === null ? digits : absent + digits;
}

/**
 * The last images of a run that comes with LiveGAN, as a link to it.
 * @param {string} base
 * @param {LiveData["shipped"][number]} run
 * @param {(name: string) => void} open
 */
function createPicture(base, { name, epochs }, open) {
  const fid = h("b");
  const src = `${base}/api/runs/${encodeURIComponent(name)}/grids/latest.png`;
  const image = h("img", { src, width: SIDE, height: SIDE, loading: "lazy",
    alt: `64 images of the run ${name} after ${epochs} epochs` });
  const about = `, ${LINES[name] ?? ""} after ${count(epochs)} epochs`;
  const link = h("a", { href: linkTo(base, name) },
    retryImage(image), h("span", {}, h("strong", { text: name }), about));
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    open(name);
  });
  return {
    name,
    el: h("figure", {}, link, h("figcaption", { class: "lg-muted" }, "last FID ", fid, " on 2,000 images")),
    /** @param {Score[]} scores */
    showScores: (scores) => setText(fid, fidAt(scores.at(-1))),
  };
}

/**
 * Real images of the data set.
 * @param {string} base
 */
function createReal(base) {
  const picture = retryImage(h("img", { width: SIDE, height: SIDE, loading: "lazy" }));
  const kind = h("strong");
  const el = h("figure", {}, picture,
    h("span", {}, kind, ", which the generator never sees"),
    h("figcaption", { class: "lg-muted", text: "the discriminator compares with these" }));
  let shown = "";
  return {
    el,
    /** @param {LiveData["dataset"]} dataset */
    show({ name, title, cost }) {
      if (shown === `${name} ${cost}`) return;
      shown = `${name} ${cost}`;
      const digits = name === "mnist";
      el.hidden = cost !== null;
      setText(kind, digits ? "Real digits" : `Real images of ${title}`);
      setAttr(picture, "alt", digits ? "64 real digits" : `64 real images of ${title}`);
      if (cost === null) picture.src = `${base}/api/real.png${digits ? "" : `?dataset=${name}`}`;
    },
  };
}

/**
 * The FID of the runs that come with LiveGAN, fetched once.
 * @param {string} base
 * @param {string} plotlyUrl
 * @param {string[]} names of the runs
 * @param {(runs: { name: string, scores: Score[] }[]) => void} arrived
 */
function createChart(base, plotlyUrl, names, arrived) {
  const plot = asPlot(scrollOver(h("div", { class: "lg-welcome-plot", role: "img" })));
  /** @type {Theme | null} */
  let theme = null;
  /** @type {Plotly | null} */
  let Plotly = null;
  /** @type {Promise<{ name: string, scores: Score[], run: null }[]> | null} */
  let fetched = null;
  const seen = new ResizeObserver(() => plot.data && Plotly?.Plots.resize(plot));
  seen.observe(plot);

  async function drawNow() {
    fetched ??= Promise.all(names.map((name) => fetchScores(base, name)));
    const runs = await fetched;
    arrived(runs);
    setAttr(plot, "aria-label", runs.filter((run) => run.scores.length).map(({ name, scores }) =>
      `The best FID of ${name} is ${fidAt(bestOf(scores))}, on 2,000 images.`).join(" "));
    Plotly = await loadPlotly(plotlyUrl);
    if (!theme || !plot.isConnected || !plot.clientWidth) return;
    drawFidChart(Plotly, plot, theme, { stream: runs.at(-1) ?? null, others: runs.slice(0, -1), moment: null });
  }

  return {
    el: plot,
    draw() {
      drawNow().catch(() => (fetched = null)); // the next drawing tries again
    },
    /** @param {Theme} next */
    setTheme: (next) => (theme = next),
    destroy() {
      seen.disconnect();
      if (plot.data) Plotly?.purge(plot);
    },
  };
}

/**
 * @param {string} base
 * @param {string} name
 */
async function fetchScores(base, name) {
  const answer = await fetch(`${base}/api/runs/${encodeURIComponent(name)}/quality.json`);
  /** @type {Pick<QualityFile, "scores">} */
  const told = answer.ok ? await answer.json() : { scores: [] };
  return { name, scores: told.scores, run: null }; // runs with epochs of their own: the axis counts batches
}
