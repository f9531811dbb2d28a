/** What can be expected, while nothing is trained yet: real digits, and those of the runs that come with LiveGAN. */

import { h, setAttr, setText } from "../../shared/dom.js";
import { count } from "../../shared/format.js";
import { scrollOver } from "../../shared/gestures.js";
import { keepTrying } from "../../shared/picture.js";
import { loadPlotly } from "../charts/plotly.js";
import { drawFidChart } from "../quality/fid_chart.js";
import { bestOf, fidAt } from "../quality/scores.js";

const LINES = { lecture: "the lecture's preset", sharp: "Sharp digits" };

/** @typedef {{name: string, title: string, cost: string|null}} Dataset `cost`: of one that is not on this computer */

/**
 * @param {string} base the server's base path
 * @param {string} plotlyUrl
 * @param {{name: string, epochs: number}[]} shipped the runs that come with LiveGAN and are there
 * @param {(name: string) => void} open show a run
 */
export function createWelcome(base, plotlyUrl, shipped, open) {
  const plot = scrollOver(h("div", { class: "lg-welcome-plot", role: "img" }));
  const pictures = shipped.map(({ name, epochs }) => {
    const fid = h("b");
    const link = h("a", { href: `${base}/?run=${encodeURIComponent(name)}` },
      keepTrying(h("img", { src: `${base}/api/runs/${encodeURIComponent(name)}/grids/latest.png`, width: 242, height: 242, loading: "lazy",
        alt: `64 images of the run ${name} after ${epochs} epochs` })),
      h("span", {}, h("strong", { text: name }), `, ${LINES[name] ?? ""} after ${count(epochs)} epochs`));
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
      event.preventDefault();
      open(name);
    });
    return { name, fid, el: h("figure", {}, link, h("figcaption", { class: "lg-muted" }, "last FID ", fid, " on 2,000 images")) };
  });
  const picture = keepTrying(h("img", { width: 242, height: 242, loading: "lazy" }));
  const kind = h("strong", {});
  const note = h("p", { class: "lg-welcome-note" });
  const real = h("figure", {}, picture,
    h("span", {}, kind, ", which the generator never sees"),
    h("figcaption", { class: "lg-muted", text: "the discriminator compares with these" }));
  const el = h("section", { class: "lg-card lg-welcome", "aria-label": "What to expect", hidden: true },
    h("h2", { class: "lg-title", text: "What to expect" }), note,
    h("div", { class: "lg-welcome-row" }, real, ...pictures.map((picture) => picture.el)),
    h("p", { class: "lg-welcome-legend lg-muted" }, "Image quality (FID on a digit classifier's features, lower is better) over the batches"),
    plot);
  let theme = null;
  let runs = null;
  let described = "";

  /** The shipped runs have learned digits; other images are real, but nothing was measured with them. */
  function describe({ name, title, cost }) {
    if (described === `${name} ${cost}`) return;
    described = `${name} ${cost}`;
    const digits = name === "mnist";
    real.hidden = cost !== null;
    const words = digits ? "Real digits" : `Real images of ${title}`;
    setText(kind, words);
    setAttr(picture, "alt", digits ? "64 real digits" : `64 real images of ${title}`);
    if (cost === null) picture.src = `${base}/api/real.png${digits ? "" : `?dataset=${name}`}`;
    const missing = cost === null ? "" : `${title} is not on this computer yet: Start asks before it is downloaded (${cost}). `;
    setText(note, digits ? "" : `${missing}The runs below have learned digits; with ${title}, images and FID come out otherwise.`);
  }

  async function fetchScores() {
    runs ??= await Promise.all(shipped.map(async ({ name }) => {
      const answer = await fetch(`${base}/api/runs/${encodeURIComponent(name)}/quality.json`);
      const told = answer.ok ? await answer.json() : { scores: [] };
      return { name, scores: told.scores, run: null }; // two runs with epochs of their own: the axis counts batches
    }));
    for (const { name, scores } of runs) {
      const { fid } = pictures.find((picture) => picture.name === name);
      setText(fid, fidAt(scores.at(-1)));
    }
    setAttr(plot, "aria-label", runs.map(({ name, scores }) =>
      scores.length ? `The best FID of ${name} is ${fidAt(bestOf(scores))}, on 2,000 images.` : "").join(" "));
  }

  async function draw() {
    await fetchScores();
    const Plotly = await loadPlotly(plotlyUrl);
    if (!theme || !el.isConnected || el.hidden || !plot.clientWidth) return;
    drawFidChart(Plotly, plot, theme, { stream: runs.at(-1), other: runs.length > 1 ? runs[0] : null, moment: null });
  }

  const seen = new ResizeObserver(() => plot.data && window.Plotly.Plots.resize(plot));
  seen.observe(plot);
  return {
    el,
    /** @param {boolean} wanted @param {Dataset} dataset of the draft */
    show(wanted, dataset) {
      if (wanted) describe(dataset);
      const hidden = !wanted || !shipped.length;
      if (hidden === el.hidden) return;
      el.hidden = hidden;
      if (!hidden) draw().catch(() => {});
    },
    applyTheme(next) {
      theme = next;
      if (!el.hidden) draw().catch(() => {});
    },
    destroy() {
      seen.disconnect();
      if (plot.data) window.Plotly.purge(plot);
    },
  };
}
