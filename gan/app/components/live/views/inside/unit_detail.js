/** One unit, large: what it is, how active it is, and what comes of it when it is turned off or up. */

/** @import { Shown } from "./units.js" */

import { h, setAttr, setText } from "../../../shared/dom.js";
import { count } from "../../../shared/format.js";
import { steadySlider } from "../../../shared/gestures.js";
import { outputMeaning, outputText, outputValue } from "../../../playground/engine/discriminator_output.js";
import { PIXELS, paintGreys, paintSigned } from "./pixels.js";

const LEVELS = ["off", "as it is", "as high as ever", "twice that"];

export function createUnitDetail() {
  const title = h("b");
  const picture = h("canvas", { class: "lg-unit-large", width: 28, height: 28, "aria-hidden": "true" });
  const text = h("p");
  const turned = createTurned();
  return {
    el: h("div", { class: "lg-unit-detail" }, h("div", { class: "lg-unit-about" }, picture, h("div", {}, title, text)),
      turned.el),
    inWords,
    /**
     * @param {Shown} shown
     * @param {number} unit
     * @param {number | null} chosen the unit that was turned
     */
    show(shown, unit, chosen) {
      const at = (unit - shown.first) * PIXELS;
      if (at < 0 || at >= shown.images.length) return;
      setText(title, `Unit ${count(unit + 1)} of ${count(shown.shown.width)}`);
      paintSigned(picture, shown.images.subarray(at, at + PIXELS));
      setText(text, inWords(shown, unit));
      turned.show(shown, unit === chosen);
    },
  };
}

/**
 * What a unit does, in words.
 * @param {Shown} shown
 * @param {number} unit
 */
function inWords({ shown: { activations, active }, votes, tried, side }, unit) {
  const activation = activations[unit];
  const now = activation > 0 ? `active (${activation.toFixed(2)})` : `not active (${activation.toFixed(2)})`;
  const share = active[unit];
  const often = share === 0 ? `never active for any of ${count(tried)} inputs`
    : `active for ${Math.round(100 * share)} % of ${count(tried)} inputs`;
  const vote = votes?.[unit] ?? 0;
  const moves = side === "d" && votes
    ? ` It moves the output by ${Math.abs(vote).toFixed(2)} towards ${vote < 0 ? "fake" : "real"}.` : "";
  return `For this image: ${now}.${moves} In general: ${often}.`;
}

/** What comes of a unit when it is turned: images by the generator, or outputs of the discriminator. */
function createTurned() {
  const cells = LEVELS.map((name) => {
    const picture = h("canvas", { class: "lg-unit-turned", width: 28, height: 28, "aria-hidden": "true" });
    const text = h("span");
    return { picture, text, el: h("li", {}, picture, h("span", { text: name }), text) };
  });
  const head = h("p");
  const turn = createTurn();
  const el = h("div", { hidden: true }, head,
    h("ul", { class: "lg-unit-levels" }, ...cells.map((cell) => cell.el)), turn.el);
  return {
    el,
    /**
     * @param {Shown} shown
     * @param {boolean} isTurned whether this unit is the one that was turned
     */
    show(shown, isTurned) {
      const { side, levels, turned, loss } = shown;
      el.hidden = !isTurned || !levels || !turned;
      if (!isTurned || !levels || !turned) return;
      setText(head, side === "g" ? "The same image with this unit turned (on a copy of the generator):"
        : "The discriminator's output with this unit turned (on a copy of it):");
      cells.forEach(({ picture, text }, i) => {
        picture.hidden = side === "d";
        if (side === "g") paintGreys(picture, turned.subarray(i * PIXELS, (i + 1) * PIXELS));
        setText(text, side === "g" ? levels[i].toFixed(2) : outputOf(turned[i], loss));
      });
      turn.show(shown);
    },
  };
}

/** A slider that turns the unit from off to twice as high as ever. */
function createTurn() {
  const slider = h("input", { type: "range", min: "0", step: "1", "aria-label": "How active" });
  const picture = h("canvas", { class: "lg-unit-turned", width: 28, height: 28, "aria-hidden": "true" });
  const text = h("span");
  /** @type {Shown | null} */
  let shown = null;
  let moved = false; // until then the slider stands where the unit is

  function draw() {
    if (!shown?.levels || !shown.turned) return;
    const { side, levels, turned, loss } = shown;
    const at = LEVELS.length + Number(slider.value);
    const level = `activation ${levels[at].toFixed(2)}`;
    picture.hidden = side === "d";
    if (side === "g") paintGreys(picture, turned.subarray(at * PIXELS, (at + 1) * PIXELS));
    const words = side === "g" ? level : `${level}: ${outputOf(turned[at], loss)}`;
    setText(text, words);
    setAttr(slider, "aria-valuetext", words);
  }

  slider.addEventListener("input", () => {
    moved = true;
    draw();
  });
  steadySlider(slider);
  return {
    el: h("div", { class: "lg-unit-turn" }, h("span", { text: "Turn it" }), slider, text, picture),
    /** @param {Shown} next */
    show(next) {
      shown = next;
      const { levels } = next;
      if (!levels) return;
      const last = levels.length - LEVELS.length - 1;
      slider.max = String(last);
      if (!moved) slider.value = String(nearest(levels.subarray(LEVELS.length), levels[1]));
      draw();
    },
  };
}

/**
 * The place of the number that is nearest to another.
 * @param {ArrayLike<number>} numbers
 * @param {number} wanted
 */
export function nearest(numbers, wanted) {
  const distance = Array.from(numbers, (x) => Math.abs(x - wanted));
  return distance.indexOf(Math.min(...distance));
}

/**
 * @param {number} output
 * @param {Shown["loss"]} loss
 */
function outputOf(output, loss) {
  const meaning = outputMeaning(loss);
  return outputText(meaning, outputValue(meaning, output));
}
