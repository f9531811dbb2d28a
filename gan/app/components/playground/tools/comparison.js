/** Two runs, or two epochs of one, one under the other: the same z, the weights on show and others. */

import { h, setText } from "../../shared/dom.js";
import { count } from "../../shared/format.js";
import { titleOf } from "../../shared/runs_feed.js";
import { createImageQueue } from "../engine/image_queue.js";
import { stack } from "../engine/vectors.js";
import { digitFor, labelFor } from "../state/digit.js";
import { vectorOf } from "../state/points.js";
import { bySeed, sampleSeeds } from "../state/state.js";
import { createImageStrip } from "../widgets/image_strip.js";
import { createOtherWeights } from "./other_weights.js";

/** @import { Model } from "../engine/engine.js" */
/** @import { Frame, Page, Point } from "../types.d.ts" */

const SHOWN = 11; // samples, after the image in focus

/** @param {Page} page */
export function createComparison(page) {
  const { state } = page;
  const other = createOtherWeights(page);
  const choice = createWeightsChoice(page);
  const rows = [createRow(page, "The weights on show"), createRow(page, "The weights to compare with")];
  let samples = { firstSeed: -1, points: /** @type {Point[]} */ ([]) };

  return {
    el: h("section", { class: "lg-comparison", "aria-label": "Side by side" }, choice.el, ...rows.map((row) => row.el)),
    /** @param {Frame} frame */
    update(frame) {
      if (samples.firstSeed !== state.firstSeed) {
        const points = sampleSeeds(state).slice(0, SHOWN).map(bySeed);
        samples = { firstSeed: state.firstSeed, points };
      }
      choice.update(other.kept());
      other.load();
      const model = other.model();
      for (const row of rows) row.el.hidden = !model;
      if (!model) return;
      const points = [state.point, ...samples.points];
      rows[0].draw(frame.model, points, frame.dropout);
      rows[1].draw(model, points, frame.dropout);
    },
    canvases: () => (other.model() ? rows.map((row) => row.canvas) : []),
    destroy: () => rows.forEach((row) => row.destroy()),
  };
}

/**
 * Some samples of one set of weights.
 * @param {Page} page
 * @param {string} label
 */
function createRow(page, label) {
  const { state } = page;
  const title = h("p", { class: "lg-comparison-title" });
  const strip = createImageStrip(label, () => {});
  const queue = createImageQueue(page.engine, page.say);
  let drawn = "";
  strip.mark(null);

  return {
    el: h("div", {}, title, strip.el),
    canvas: strip.canvas,
    destroy: strip.destroy,
    /**
     * @param {Model} model
     * @param {Point[]} points each becomes as long as this model's latent vectors are
     * @param {number | null} dropout
     */
    draw(model, points, dropout) {
      setText(title, `${titleOf(model.run)}, epoch ${count(model.epoch)}`);
      const wanted = `${model.key} ${dropout} ${digitFor(state, model)} ${points.map((point) => point.id)}`;
      if (drawn === wanted) return;
      drawn = wanted;
      const vectors = points.map((point) => vectorOf(point, model));
      queue.ask(model, stack(vectors), { dropout, label: labelFor(state, model), outputs: false }, ({ pixels }) =>
        strip.show(pixels, points.length, model.side));
      strip.label(`${points.length} samples of ${titleOf(model.run)}, epoch ${model.epoch}`);
    },
  };
}

/**
 * Lists of runs and of a run's kept epochs.
 * @param {Page} page
 */
function createWeightsChoice({ state, requestDraw, source }) {
  const run = h("select", { class: "lg-select", "aria-label": "Compare with run" });
  const epoch = h("select", { class: "lg-select", "aria-label": "Compare with epoch" });
  let listed = "";
  let offered = "";

  run.addEventListener("change", () => {
    state.comparison = run.value ? { run: run.value, epoch: "latest" } : null;
    requestDraw();
  });
  epoch.addEventListener("change", () => {
    if (!state.comparison) return;
    const wanted = epoch.value === "latest" ? "latest" : Number(epoch.value);
    state.comparison = { ...state.comparison, epoch: wanted };
    requestDraw();
  });

  function listRuns() {
    const names = source.runs.map(({ name, title }) => `${name} ${title}`).join("\n");
    if (names !== listed) {
      listed = names;
      run.replaceChildren(h("option", { value: "", text: "nothing" }),
        ...source.runs.map(({ name, title }) => h("option", { value: name, text: title })));
    }
    run.value = state.comparison?.run ?? "";
  }

  /** @param {number[]} kept */
  function listEpochs(kept) {
    epoch.hidden = !state.comparison;
    if (!state.comparison) return;
    const choices = kept.join();
    if (choices !== offered) {
      offered = choices;
      epoch.replaceChildren(h("option", { value: "latest", text: "newest" }),
        ...kept.toReversed().map((each) => h("option", { value: each, text: `epoch ${count(each)}` })));
    }
    epoch.value = String(state.comparison.epoch);
  }

  return {
    el: h("div", { class: "lg-tool-line" }, h("span", { class: "lg-title", text: "Side by side with" }), run, epoch),
    /** @param {number[]} kept epochs of the chosen run */
    update(kept) {
      listRuns();
      listEpochs(kept);
    },
  };
}
