/** Two runs, or two epochs of one, side by side: the same z, the weights on show and others. */

import { h, setText } from "../../shared/dom.js";
import { count } from "../../shared/format.js";
import { titleOf, versionOf } from "../../shared/runs_feed.js";
import { stack } from "../engine/latent.js";
import { vectorOf } from "../state/points.js";
import { createImageQueue } from "../engine/imageQueue.js";
import { sampleSeeds, bySeed } from "../state/state.js";
import { createImageStrip } from "../widgets/imageStrip.js";

const SHOWN = 11; // samples of the board, after the image in focus

/** @param {object} page what all parts of the page share, see main.js */
export function createComparison(page) {
  const { state, touch, source } = page;
  const run = h("select", { class: "lg-select", "aria-label": "Compare with run" });
  const epoch = h("select", { class: "lg-select", "aria-label": "Compare with epoch" });
  const rows = [createRow("The weights on show"), createRow("The weights beside them")];
  let listed = "";
  let offered = "";
  let other = { wanted: "", kept: [], model: null }; // kept: the epochs of that run
  let points = { board: -1, seeds: [] };

  function createRow(label) {
    const title = h("p", { class: "lg-beside-title" });
    const strip = createImageStrip(label, () => {});
    return { title, strip, queue: createImageQueue(page.engine, page.say), drawn: "", el: h("div", {}, title, strip.el) };
  }

  run.addEventListener("change", () => {
    state.beside = run.value ? { run: run.value, epoch: "latest" } : null;
    touch();
  });
  epoch.addEventListener("change", () => {
    state.beside = { ...state.beside, epoch: epoch.value === "latest" ? "latest" : Number(epoch.value) };
    touch();
  });

  function listRuns() {
    const shown = source.runs.map((each) => `${each.name} ${each.title}`).join("\n");
    if (shown !== listed) {
      listed = shown;
      run.replaceChildren(h("option", { value: "", text: "nothing" }), ...source.runs.map(({ name, title }) => h("option", { value: name, text: title })));
    }
    run.value = state.beside?.run ?? "";
  }

  /** Offer the kept epochs of the other run. */
  function listEpochs() {
    epoch.hidden = !state.beside;
    if (!state.beside) return;
    const choices = other.kept.join();
    if (choices !== offered) {
      offered = choices;
      epoch.replaceChildren(h("option", { value: "latest", text: "newest" }),
        ...other.kept.toReversed().map((each) => h("option", { value: each, text: `epoch ${count(each)}` })));
    }
    epoch.value = String(state.beside.epoch);
  }

  /** Fetch what is wanted, if it is there: a link may name anything. */
  async function load() {
    const { beside } = state;
    const run = source.runs.find((each) => each.name === beside?.run);
    const wanted = beside ? `${beside.run} ${beside.epoch} ${beside.epoch === "latest" ? run?.batch : ""}` : "";
    if (other.wanted === wanted) return;
    const same = other.model?.run === beside?.run && beside?.epoch === "latest"; // it has only gone on
    other = { wanted, kept: other.kept, model: same ? other.model : null };
    if (!beside) return;
    if (!run) return refuse(`There is no run named '${beside.run}' to compare with.`);
    try {
      const kept = (await page.engine.epochs(beside.run)).map((each) => each.epoch);
      if (other.wanted !== wanted) return;
      other.kept = kept;
      if (beside.epoch !== "latest" && !kept.includes(beside.epoch)) return refuse(`Epoch ${beside.epoch} of ${titleOf(beside.run)} is not kept.`);
      const model = await page.engine.load(beside.run, beside.epoch, versionOf(run));
      if (other.wanted !== wanted) return;
      other.model = model;
      touch();
    } catch (error) {
      if (other.wanted === wanted) refuse(error.message);
    }
  }

  function refuse(sentence) {
    state.beside = null;
    page.say(sentence);
  }

  /** The point in focus and some samples, each as long as this model's latent vectors are. */
  function draw(row, model, { dropout }) {
    setText(row.title, `${titleOf(model.run)}, epoch ${count(model.epoch)}`);
    const shown = [state.point, ...points.seeds];
    const wanted = `${model.key} ${dropout} ${shown.map((point) => point.id)}`;
    if (row.drawn === wanted) return;
    row.drawn = wanted;
    row.queue.ask(model, stack(shown.map((point) => vectorOf(point, model))), { dropout, opinions: false }, ({ pixels }) =>
      row.strip.show(pixels, shown.length, model.side));
    row.strip.label(`${shown.length} samples of ${titleOf(model.run)}, epoch ${model.epoch}`);
  }

  return {
    el: h("section", { class: "lg-beside", "aria-label": "Side by side" },
      h("div", { class: "lg-tool-line" }, h("span", { class: "lg-title", text: "Side by side with" }), run, epoch),
      ...rows.map((row) => row.el)),
    update(now) {
      if (points.board !== state.board) points = { board: state.board, seeds: sampleSeeds(state).slice(0, SHOWN).map(bySeed) };
      listRuns();
      listEpochs();
      load();
      for (const row of rows) {
        row.el.hidden = !other.model;
        row.strip.mark(null);
      }
      if (!other.model) return;
      draw(rows[0], now.model, now);
      draw(rows[1], other.model, now);
    },
    canvases: () => (other.model ? rows.map((row) => row.strip.canvas) : []),
    destroy: () => rows.forEach((row) => row.strip.destroy()),
  };
}
