/** One image of the grid: where more or less ink would look more real, and what comes of following that. */

/** @import { ViewContext } from "../context.js" */
/** @import { Figures } from "../feed.js" */
/** @import { Meaning } from "./outputs_card.js" */

import { h, setText } from "../../../shared/dom.js";
import { count } from "../../../shared/format.js";
import { setTextWithTerms } from "../../../shared/terms.js";
import { outputInWords } from "./histogram.js";
import { SIDE, drawImages, drawOverlay } from "./pixels.js";

const MORE = [56, 189, 248];
const LESS = [251, 146, 60];
const PIXELS = SIDE * SIDE;
const HINT = "Choose an image below to see what would make it look more real.";

/** @typedef {Meaning & { outputs: number[], steps: number[], step: number }} ExplanationHeader */

/** @param {ViewContext} context */
export function createExplanation(context) {
  const original = createFigure("The image");
  const overlay = createFigure("What to change");
  const stepped = [0, 1, 2].map(() => createFigure(""));
  const text = h("p", { class: "lg-muted" });
  const hint = h("p", { class: "lg-view-missing", text: HINT });
  const shown = h("div", { class: "lg-explanation-shown", hidden: true },
    h("div", { class: "lg-explanation-row" }, ...[original, overlay, ...stepped].map((figure) => figure.el)),
    h("p", { class: "lg-explanation-key" }, h("span", { "data-kind": "more", text: "more ink" }), " or ",
      h("span", { "data-kind": "less", text: "less ink" }), " here would look more real to the discriminator."),
    text);
  const el = h("div", { class: "lg-explanation" }, hint, shown);

  /** @param {Figures<ExplanationHeader> | null} figures */
  function show(figures) {
    if (!figures || figures.header.missing || shown.hidden) return;
    const { header, numbers } = figures;
    const words = header.outputs.map((output) => outputInWords(output, header.probabilities));
    drawImages(original.canvas, numbers.pixels, 1);
    original.say("The image", words[0]);
    drawOverlay(overlay.canvas, numbers.pixels, numbers.gradient, { more: MORE, less: LESS });
    stepped.forEach((figure, i) => {
      drawImages(figure.canvas, numbers.stepped.subarray(i * PIXELS, (i + 1) * PIXELS), 1);
      figure.say(`after ${count(header.steps[i])} ${header.steps[i] === 1 ? "step" : "steps"}`, words[i + 1]);
    });
    setTextWithTerms(text, `Each step changes the pixels a little (by ${header.step} in all, pixels being from 0 to `
      + "1) in the direction that raises the discriminator's output fastest, which is its {gradient|gradient}. The "
      + "generator learns from this direction, too.");
  }

  const feed = context.follow("explanation", show);
  return {
    el,
    /** @param {number} index of an image; -1: none */
    choose(index) {
      shown.hidden = index < 0;
      hint.hidden = !shown.hidden;
      feed.want(index < 0 ? null : `image=${index}`);
    },
  };
}

/** @param {string} caption */
function createFigure(caption) {
  const canvas = h("canvas", { width: SIDE, height: SIDE });
  const label = h("span", { text: caption });
  const output = h("b");
  return {
    canvas,
    el: h("figure", {}, canvas, h("figcaption", {}, label, output)),
    /**
     * @param {string} words
     * @param {string} verdict
     */
    say(words, verdict) {
      setText(label, words);
      setText(output, verdict);
    },
  };
}
