/** What surrounds the two charts: titles, legends with the latest values, and texts for those who cannot see them. */

/** @import { SeriesName } from "./series.js" */

import { h, setAttr, setText } from "../../shared/dom.js";
import { count, figure } from "../../shared/format.js";
import { DOMAIN, MARGIN } from "./figure.js";
import { SERIES, ofEachSeries } from "./series.js";

const NO_LOSS = "Losses: nothing yet.";
const NO_ACCURACY = "Discriminator accuracy: nothing yet.";
const INNER = `(100% - ${MARGIN.t + MARGIN.b}px)`;

/** Where the title between the two charts lies. */
function between() {
  const gap = DOMAIN.loss[0] - DOMAIN.accuracy[1];
  return `top:calc(${MARGIN.t + 9}px + ${INNER} * ${1 - DOMAIN.loss[0]}); height:calc(${INNER} * ${gap} - 17px)`;
}

/**
 * Where a chart lies in its box, for its alternative text.
 * @param {number[]} domain
 */
function place([bottom, top]) {
  const high = `top:calc(${MARGIN.t}px + ${INNER} * ${1 - top}); height:calc(${INNER} * ${top - bottom})`;
  return `left:${MARGIN.l}px; right:${MARGIN.r}px; ${high}`;
}

/**
 * @param {"d" | "g"} tone
 * @param {string} label
 * @param {Node} now the latest value
 * @param {string} word what the label means
 */
function legend(tone, label, now, word) {
  return h("span", { class: `lg-legend lg-tone-${tone}` }, h("i"), h("span", { text: label, "data-word": word }), now);
}

/**
 * @param {number[]} domain
 * @param {string} text
 * @param {string} figure which one explanations call it
 */
const alternative = (domain, text, figure) =>
  h("div", { class: "lg-chart-alt", role: "img", "aria-label": text, style: place(domain), "data-figure": figure });

/** @typedef {Record<SeriesName, number>} Values of the four series; NaN: there is none yet */

/** @param {Values} now */
const lossText = (now) => `discriminator ${figure(now.d_loss)}, generator ${figure(now.g_loss)}`;

/** @param {Values} now */
const accuracyText = (now) =>
  `${figure(now.d_real_acc, 1)} % on real images, ${figure(now.d_fake_acc, 1)} % on generated images`;

/**
 * `head` belongs above the plot, `over` on it.
 * @param {{ el: Node, chips: Node }} comparison chooses runs to compare with, and lists them
 */
export function createChartCard(comparison) {
  const values = ofEachSeries(() => h("b", { class: "lg-now", text: "–" }));
  const losses = h("h2", { class: "lg-title", "data-word": "loss" });
  const accuracy = h("span", { class: "lg-roomy", "data-word": "accuracy" });
  const hint = h("p", { class: "lg-hint" });
  const images = { loss: alternative(DOMAIN.loss, NO_LOSS, "losses"),
    accuracy: alternative(DOMAIN.accuracy, NO_ACCURACY, "accuracy") };
  const middle = h("div", { class: "lg-charts-mid", style: between() },
    h("h2", { class: "lg-title" }, accuracy, h("span", { class: "lg-tight", text: "Accuracy, %" })),
    legend("d", "Real", values.d_real_acc, "d_real_acc"), legend("g", "Generated", values.d_fake_acc, "d_fake_acc"));

  return {
    head: h("div", { class: "lg-charts-head" },
      h("div", { class: "lg-charts-top" }, losses, comparison.el), comparison.chips,
      h("div", { class: "lg-legends" },
        legend("d", "Discriminator", values.d_loss, "discriminator"),
        legend("g", "Generator", values.g_loss, "generator"))),
    over: [h("span", { class: "lg-axis lg-axis-epoch", text: "epoch" }),
      h("span", { class: "lg-axis lg-axis-batch", text: "batch" }), images.loss, images.accuracy, middle],
    hint,
    /**
     * @param {Values} now
     * @param {{ batch: number, window: number, moment: string | null }} when `moment` names it if it is not the latest
     * @param {{ name: string, now: Values }[]} others the runs that are compared with
     */
    describe(now, { batch, window, moment }, others) {
      for (const name of SERIES) setText(values[name], figure(now[name], name.endsWith("acc") ? 1 : 3));
      setText(losses, moment ? `Losses at ${moment}` : "Losses");
      setText(accuracy, moment ? `Accuracy at ${moment}, %` : "Discriminator accuracy, %");
      const span = `after batch ${count(batch)}, averaged over ${count(Math.min(batch, window))} batches`;
      /** @param {(now: Values) => string} text */
      const also = (text) => others.map((other) => `; ${other.name}: ${text(other.now)}`).join("");
      setAttr(images.loss, "aria-label", batch ? `Losses ${span}: ${lossText(now)}${also(lossText)}.` : NO_LOSS);
      setAttr(images.accuracy, "aria-label", batch
        ? `Discriminator accuracy ${span}: ${accuracyText(now)}${also(accuracyText)}.`
        : NO_ACCURACY);
    },
  };
}
