/**
 * The latent playground: what a run's generator has learned, to be walked through. The weights are fetched once; the
 * images are made here, in the frame in which they are wanted.
 */

import { h } from "../shared/dom.js";
import { count } from "../shared/format.js";
import { mount } from "../shared/mount.js";
import { titleOf } from "../shared/runs_feed.js";
import { applyTheme } from "../shared/theme.js";
import { createAddress } from "./state/address.js";
import { createSampleGrid } from "./page/sampleGrid.js";
import { createPicks } from "./state/picks.js";
import { createEngine } from "./engine/engine.js";
import { createHeader } from "./page/header.js";
import { read } from "./state/link.js";
import { createPickList } from "./page/pickList.js";
import { vectorOf } from "./state/points.js";
import { createSaveMenu } from "./saving/saveMenu.js";
import { createModelSource } from "./state/modelSource.js";
import { createImagePanel } from "./page/imagePanel.js";
import { byNumbers, createState, letter, nameOf } from "./state/state.js";
import { createToolTabs } from "./tools/toolTabs.js";

const DROPOUT_MS = 250; // from one set of silent units to the next

/** What Python passes: the run in the address, and the runs there are. @typedef {{base: string, run: string|null, runs: object[]}} Data */

/** @param {{data: Data, parentElement: HTMLElement}} component */
export default mount(createView);

/**
 * @param {HTMLElement} parent
 * @param {Data} data
 */
function createView(parent, data) {
  const state = createState();
  const ignored = read(location.hash.slice(1), state);
  const engine = createEngine(data.base);
  let problem = ignored;
  let frame = 0;
  let hovered = null;
  let dropoutSeed = 1;
  let dropoutTimer = 0;
  let colours = { accent: "", onAccent: "" };
  let searching = false;

  const source = createModelSource(data.base, engine, data.runs, (sentence) => {
    if (sentence) complain(sentence);
    if (source.name === null && source.runs.length && !searching) begin(null);
    touch();
  });

  /** What all parts of the page share. */
  const page = {
    engine,
    source,
    state,
    touch,
    say: (sentence) => ((problem = sentence), touch()),
    look: (point) => ((hovered = point), touch()),
    open,
    fill: (wanted) => collection.fill(wanted, board.points()),
    accent: () => colours.accent,
    onAccent: () => colours.onAccent,
  };
  const address = createAddress(state, () => source.name);
  const save = createSaveMenu(collect);
  const header = createHeader({ open, dropout: setDropout, raw: setRaw, link: address.copy }, save.el);
  const stage = createImagePanel(page, keep);
  const collection = createPicks(page);
  const board = createSampleGrid(page, collection);
  const picks = createPickList(page, { visit: (index) => tools.now().visit(index) });
  const tools = createToolTabs(page, () => stage.focus());
  const empty = h("section", { class: "lg-card lg-empty" },
    h("h2", { text: "Nothing to explore yet" }),
    h("p", { text: "Train a network for a minute: as soon as it has seen its first images, its latent space opens here, "
      + "and gets better while you look." }),
    h("a", { class: "lg-button lg-primary", href: `${data.base}/`, text: "Go to Train" }));
  const body = h("div", { class: "lg-playground" },
    h("section", { class: "lg-card lg-board", "aria-label": "Board" }, board.el, picks.el), stage.el, tools.el);
  const root = h("div", { class: "lg lg-play" }, header.el, empty, body);
  parent.append(root);

  function touch() {
    frame ||= requestAnimationFrame(draw);
  }

  /** Show a run's epoch. */
  function open(name, epoch) {
    if (name !== source.name) problem = "";
    state.epoch = epoch;
    return source.open(name, epoch);
  }

  /** Show the run in the address if there is one and it has weights, else the newest that has. */
  async function begin(wanted) {
    searching = true;
    const there = source.runs.map((run) => run.name);
    if (wanted !== null && !there.includes(wanted)) {
      const known = data.runs.some((run) => run.name === wanted);
      complain(known ? `Run ${titleOf(wanted)} has no weights yet.` : `There is no run named '${wanted}'.`);
    }
    for (const name of there.includes(wanted) ? new Set([wanted, ...there]) : there) {
      state.epoch = await keptEpoch(name, state.epoch);
      if (await source.open(name, state.epoch)) break;
    }
    searching = false;
    touch();
  }

  /** The epoch of a link, if it is kept. */
  async function keptEpoch(name, epoch) {
    if (epoch === "latest") return epoch;
    const kept = await engine.epochs(name).catch(() => []);
    if (kept.some((each) => each.epoch === epoch)) return epoch;
    complain(`Epoch ${epoch} of ${titleOf(name)} is not kept; these are its newest weights.`);
    return "latest";
  }

  /** What goes wrong while the page opens is told together. */
  function complain(sentence) {
    problem = searching ? [problem, sentence].filter(Boolean).join(" ") : sentence;
    touch();
  }

  function setDropout(on) {
    state.dropout = on;
    clearInterval(dropoutTimer);
    if (on) dropoutTimer = setInterval(() => document.hidden || (dropoutSeed++, touch()), DROPOUT_MS);
    touch();
  }

  function setRaw(on) {
    state.raw = on;
    engine.setRaw(on);
    if (source.name !== null) source.open(source.name, source.epoch);
  }

  /** Make a pick of what is in focus. */
  function keep(focus) {
    collection.join(focus.point ?? byNumbers(focus.z.slice()));
  }

  // --- frames --------------------------------------------------------------------------------------------------------

  function sentence({ model }) {
    if (problem) return problem;
    if (!model) return source.name === null ? "" : "Fetching the weights.";
    if (state.dropout) return dropoutSentence(model.dropout);
    const numbers = model.latentDim === 1 ? "one random number" : `a list of ${count(model.latentDim)} random numbers`;
    const which = model.averaged ? "averaged generator" : "generator";
    return `z is ${numbers}, and the ${which} makes an image of every z. Find your way around.`;
  }

  function dropoutSentence(p) {
    if (p === 0) return "Dropout is on, but this generator was trained without it, so nothing changes.";
    return `Dropout is on: ${Math.round(p * 100)} % of the hidden units, others at every moment, are silent, as in training.`;
  }

  function draw() {
    frame = 0;
    const { model } = source;
    header.update(source, state, sentence(source));
    empty.hidden = source.name !== null || searching;
    body.hidden = !empty.hidden;
    if (!model) return;
    const dropout = state.dropout ? dropoutSeed : null;
    const now = {
      model,
      dropout,
      key: `${model.key} ${dropout}`, // equal: the same z make the same images
      vectors: state.picks.map((pick) => vectorOf(pick, model)),
      names: state.picks.map((pick) => pick.id).join(),
    };
    board.update(now);
    picks.update(now);
    tools.update(now);
    const tool = tools.now();
    const look = hovered && { z: vectorOf(hovered, model), words: nameOf(hovered), point: hovered };
    stage.update(now, look ?? tool.focus(now));
    if (!look) tool.shown?.(stage.pixels(), stage.model());
    address.later();
  }

  /** What is on screen, to be saved. */
  function collect() {
    const { model } = source;
    const shows = stage.focus() && stage.model();
    return {
      name: model ? `${model.run}-epoch-${model.epoch}-${state.tool}` : "",
      stage: shows ? { canvas: stage.canvas, focus: stage.focus(), model: stage.model() } : null,
      saved: model ? tools.now().saved() : null,
      picks: model ? state.picks.map((pick, i) => ({ name: letter(i), z: vectorOf(pick, model) })) : [],
    };
  }

  setDropout(state.dropout);
  setRaw(state.raw);
  begin(data.run);
  source.start();

  return {
    /** @param {{data: Data}} component */
    render({ data: next }) {
      if (next.run !== null && next.run !== data.run && next.run !== source.name) open(next.run, "latest");
      data = next;
      applyTheme(root);
      const style = getComputedStyle(root);
      colours = { accent: style.getPropertyValue("--lg-accent").trim(), onAccent: style.getPropertyValue("--lg-on-accent").trim() };
      touch();
    },
    destroy() {
      cancelAnimationFrame(frame);
      frame = -1;
      clearInterval(dropoutTimer);
      address.end();
      tools.destroy();
      save.destroy();
      source.close();
      engine.close();
      root.remove();
    },
  };
}
