/** The page's parts, and what one frame shows in each. */

import { h } from "../../shared/dom.js";
import { explainWords } from "../../shared/words.js";
import { createSaveMenu } from "../saving/save_menu.js";
import { createAddress } from "../state/address.js";
import { digitFor, labelFor } from "../state/digit.js";
import { createPicks } from "../state/picks.js";
import { vectorOf } from "../state/points.js";
import { byNumbers, letter, nameOf } from "../state/state.js";
import { createToolTabs } from "../tools/tool_tabs.js";
import { createDigitRow } from "./digit_row.js";
import { createHeader } from "./header.js";
import { createImagePanel } from "./image_panel.js";
import { messageFor } from "./message.js";
import { createPickList } from "./pick_list.js";
import { createSampleGrid } from "./sample_grid.js";

/** @import { Model } from "../engine/engine.js" */
/** @import { OnScreen } from "../saving/save_menu.js" */
/** @import { Words } from "../../types.d.ts" */
/** @import { Focus, Frame, Page, PageState, Point, Tool } from "../types.d.ts" */

/**
 * @param {Page} page
 * @param {{base: string, words: Words, dropout: (on: boolean) => void, raw: (on: boolean) => void}} act `base`: the
 *   server's path
 */
export function createView(page, { base, words, dropout, raw }) {
  const { state, source } = page;
  const address = createAddress(state, () => source.name);
  const save = createSaveMenu(() => onScreen(page, image, tools.current()));
  const header = createHeader({ open: page.open, dropout, raw, link: address.copy }, save.el);
  const picks = createPicks(page);
  const image = createImagePanel(page, ({ point, z }) => picks.add(point ?? byNumbers(z.slice())));
  const samples = createSampleGrid(page, picks);
  const pickList = createPickList(page, (index) => tools.current().visit(index));
  const tools = createToolTabs(page, image.focus);
  const digits = createDigitRow(page, choose);
  const empty = createInvitationToTrain(base);
  const body = h("div", { class: "lg-playground" },
    h("section", { class: "lg-card lg-board", "aria-label": "Board" }, samples.el, pickList.el), image.el, tools.el);
  const el = h("div", { class: "lg lg-play" }, header.el, empty, digits.el, body);
  const terms = explainWords(el, words, base);
  /** @type {Point | null} */
  let previewed = null;

  /** @param {Frame} frame */
  function drawParts(frame) {
    samples.update(frame);
    pickList.update(frame);
    tools.update(frame);
    const tool = tools.current();
    const preview = previewed && focusOn(previewed, frame.model);
    const focus = preview ?? tool.focus(frame);
    image.update(frame, focus);
    digits.update(frame, focus);
    if (!preview) tool.drawn?.(image.pixels(), image.model());
    address.later();
  }

  /** @param {number} digit */
  function choose(digit) {
    const tool = tools.current();
    if (tool.choose) tool.choose(digit);
    else state.digit = digit;
    page.requestDraw();
  }

  return {
    el,
    /**
     * @param {string} problem
     * @param {boolean} opening whether the first run is still being looked for
     * @param {number | null} dropoutSeed
     */
    draw(problem, opening, dropoutSeed) {
      header.update(source, state, messageFor(problem, source, page));
      empty.hidden = source.name !== null || opening;
      body.hidden = !empty.hidden;
      if (source.model) drawParts(frameOf(state, source.model, dropoutSeed));
    },
    /** @param {Point | null} point */
    preview(point) {
      previewed = point;
      page.requestDraw();
    },
    /** @param {number} wanted */
    fillPicks: (wanted) => picks.fill(wanted, samples.points()),
    destroy() {
      address.end();
      for (const part of [terms, tools, digits, save]) part.destroy();
      el.remove();
    },
  };
}

/**
 * What can be saved.
 * @param {Page} page
 * @param {ReturnType<typeof createImagePanel>} image
 * @param {Tool} tool
 * @returns {OnScreen}
 */
function onScreen({ state, source: { model } }, image, tool) {
  const [focus, shown] = [image.focus(), image.model()];
  return {
    name: model ? `${model.run}-epoch-${model.epoch}-${state.tool}` : "",
    image: focus && shown && {
      canvas: image.canvas, focus, model: shown, label: focus.label ?? labelFor(state, shown),
    },
    tool: model && tool.savable(),
    picks: model ? state.picks.map((pick, i) => ({ name: letter(i), z: vectorOf(pick, model) })) : [],
  };
}

/**
 * @param {PageState} state
 * @param {Model} model
 * @param {number | null} dropout
 * @returns {Frame}
 */
function frameOf(state, model, dropout) {
  const { picks } = state;
  return {
    model,
    dropout,
    label: labelFor(state, model),
    key: `${model.key} ${dropout} ${digitFor(state, model)}`,
    vectors: picks.map((pick) => vectorOf(pick, model)),
    pickIds: picks.map((pick) => pick.id).join(),
  };
}

/**
 * @param {Point} point
 * @param {Model} model
 * @returns {Focus}
 */
const focusOn = (point, model) => ({ z: vectorOf(point, model), caption: nameOf(point), point });

/** @param {string} base */
function createInvitationToTrain(base) {
  const text = "Train a network for a minute: as soon as it has seen its first images, its latent space opens here, "
    + "and gets better while you look.";
  return h("section", { class: "lg-card lg-empty" },
    h("h2", { text: "Nothing to explore yet" }),
    h("p", { text }),
    h("a", { class: "lg-button lg-primary", href: `${base}/`, text: "Go to Train" }));
}
