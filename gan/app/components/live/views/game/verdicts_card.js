/** The discriminator's verdict on each image of the grid. */

/** @import { Numbers } from "../../../shared/frames.js" */
/** @import { ViewContext } from "../context.js" */
/** @import { Figures } from "../feed.js" */
/** @import { Meaning } from "./outputs_card.js" */

import { button, h, setAttr, setText } from "../../../shared/dom.js";
import { contextOf } from "../../images/canvas.js";
import { createExplanation } from "./explanation.js";
import { outputInWords, probability } from "./histogram.js";
import { SIDE } from "./pixels.js";

const COUNT = 64;
const COLUMNS = 8;

/** @param {ViewContext} context */
export function createVerdictsCard(context) {
  const when = h("span", { class: "lg-view-when" });
  const missing = h("p", { class: "lg-view-missing", hidden: true });
  const cells = Array.from({ length: COUNT }, (_, index) => createCell(index, () => choose(index)));
  const grid = h("div", { class: "lg-verdicts-grid", role: "group", "aria-label": "The 64 images" },
    ...cells.map((cell) => cell.el));
  const sorted = button({ class: "lg-chip", text: "Sort", "aria-pressed": "false", onclick: toggleOrder,
    title: "Show the image first that looks most real to the discriminator" });
  const explanation = createExplanation(context);
  const sentence = h("p", { class: "lg-muted" });
  const shown = h("div", { class: "lg-verdicts-body" }, sentence, explanation.el, grid);
  const el = h("section", { class: "lg-card lg-verdicts", "aria-label": "Each image's verdict" },
    h("div", { class: "lg-game-head" }, h("h3", { class: "lg-title", text: "Each image's verdict" }), when, sorted),
    missing, shown);
  /** @type {Figures<Meaning> | null} */
  let latest = null;
  let chosen = -1;
  let ordered = false;

  /** @param {number} index */
  function choose(index) {
    chosen = index === chosen ? -1 : index;
    cells.forEach((cell, i) => setAttr(cell.el, "aria-pressed", String(i === chosen)));
    explanation.choose(chosen);
  }

  function toggleOrder() {
    ordered = !ordered;
    setAttr(sorted, "aria-pressed", String(ordered));
    order();
  }

  function order() {
    const outputs = latest?.numbers.outputs ?? [];
    const ranks = Array.from(outputs, (_, i) => i).sort((a, b) => outputs[b] - outputs[a]);
    cells.forEach((cell, i) => (cell.el.style.order = ordered ? String(ranks.indexOf(i)) : ""));
  }

  /** @param {Figures<Meaning> | null} figures */
  async function show(figures) {
    latest = figures;
    const reason = figures?.header.missing ?? "";
    missing.hidden = !reason;
    shown.hidden = !figures || Boolean(reason);
    setText(missing, reason);
    setText(when, figures && !reason ? context.when(figures.header) : "");
    if (!figures && chosen >= 0) choose(chosen);
    if (!figures || reason) return;
    const { header, numbers, pictures } = figures;
    setText(sentence, meaningInWords(header));
    const sheet = await createImageBitmap(pictures.sheet);
    const share = shareOfReal(numbers.outputs, header);
    if (latest === figures) cells.forEach((cell, i) => cell.show(sheet, numbers.outputs[i], share(i), header));
    sheet.close();
    order();
  }

  context.follow("verdicts", show).want("");
  return { el, update() {}, destroy() {} };
}

/** @param {Meaning} meaning of the numbers */
function meaningInWords({ probabilities, boundary, absolute }) {
  if (probabilities) return "How likely each image is real, as the discriminator sees it.";
  return absolute ? `The discriminator's score of each image; above ${boundary} it counts as real.`
    : "The discriminator's score of each image: the higher, the more real it looks.";
}

/**
 * How real the images look, each from 0 to 1: by its output, or among the others where only differences count.
 * @param {Numbers} outputs
 * @param {Meaning} meaning
 */
function shareOfReal(outputs, { boundary, absolute }) {
  const [low, high] = [Math.min(...outputs), Math.max(...outputs)];
  return absolute ? (/** @type {number} */ i) => probability(outputs[i] - boundary)
    : (/** @type {number} */ i) => (outputs[i] - low) / (high - low || 1);
}

/**
 * @param {number} index
 * @param {() => void} onclick
 */
function createCell(index, onclick) {
  const canvas = h("canvas", { width: SIDE, height: SIDE });
  const text = h("span");
  const el = button({ class: "lg-verdict", "aria-pressed": "false", onclick }, canvas, text);
  return {
    el,
    /**
     * @param {ImageBitmap} sheet all images, without gaps
     * @param {number} output
     * @param {number} share how real it looks, from 0 to 1
     * @param {Meaning} meaning
     */
    show(sheet, output, share, meaning) {
      const [x, y] = [index % COLUMNS, Math.floor(index / COLUMNS)].map((at) => at * SIDE);
      contextOf(canvas).drawImage(sheet, x, y, SIDE, SIDE, 0, 0, SIDE, SIDE);
      const words = outputInWords(output, meaning.probabilities);
      setText(text, words);
      setAttr(el, "aria-label", `Image ${index + 1}: ${words}`);
      el.style.setProperty("--lg-real", `${Math.round(100 * share)}%`);
    },
  };
}
