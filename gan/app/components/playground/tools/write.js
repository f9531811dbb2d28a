/** Write: the generator writes a number, each digit in the same style or in one of its own. */

import { button, h, setAttr, setText } from "../../shared/dom.js";
import { withError } from "../../shared/field_error.js";
import { createImageQueue } from "../engine/image_queue.js";
import { oneHot } from "../engine/labels.js";
import { row, stack } from "../engine/vectors.js";
import { MOST_DIGITS, digitFor, exampleFor, learned, namesFor, numberFor, readDigits } from "../state/digit.js";
import { vectorOf } from "../state/points.js";
import { anyPoint, byNumbers, bySeed, nameOf, renewSamples, sampleSeeds } from "../state/state.js";
import { createChoice } from "../widgets/controls.js";
import { createImageStrip } from "../widgets/image_strip.js";

/** @import { Model } from "../engine/engine.js" */
/** @import { Frame, Page, Point, Tool } from "../types.d.ts" */

const LARGEST = 112; // px of a digit on the screen

/**
 * @param {Page} page
 * @returns {Tool}
 */
export function createWrite(page) {
  const { state, requestDraw } = page;
  const { number } = state;
  let at = 0; // the digit in focus
  const field = createNumberField(page);
  const styles = createStyles(page);
  const written = createWritten(page, styles.pointOf, (index) => {
    at = index;
    requestDraw();
  });

  /** @param {Model} model */
  const digitsOf = (model) => learned(numberFor(number, model), model.labels ?? []).known;

  return {
    label: "Write",
    sentence: "Type a number or tap digits, and the generator writes it: in one style, as by one hand, "
      + "or with a style for each digit. Save keeps it as a picture.",
    el: h("div", { class: "lg-write" }, field.el, h("div", { class: "lg-tool-line" }, styles.choice, styles.fresh),
      written.el),
    enter(focus) {
      if (focus) state.point = focus.point ?? byNumbers(focus.z.slice());
    },
    visit(index) {
      state.point = state.picks[index];
      number.mixed = false;
    },
    choose(digit) {
      state.digit = digit;
      at = field.append(digit);
    },

    update(frame) {
      field.update(frame.model);
      styles.update();
      const digits = digitsOf(frame.model);
      at = Math.min(at, Math.max(0, digits.length - 1));
      written.update(frame, digits, at);
    },

    focus({ model }) {
      const digits = digitsOf(model);
      const index = Math.min(at, Math.max(0, digits.length - 1));
      const point = styles.pointOf(index);
      const digit = digits[index] ?? digitFor(state, model); // of nothing, the chosen one
      const caption = `${namesFor(page.classNames, model)[digit]}, ${nameOf(point)}`;
      return { z: vectorOf(point, model), label: oneHot(digit), caption, point };
    },
    savable: written.savable,
    destroy: written.destroy,
  };
}

/**
 * Where the number is typed.
 * @param {Page} page
 */
function createNumberField({ state: { number }, requestDraw }) {
  const field = h("input", { class: "lg-field lg-number", type: "text", inputmode: "numeric", autocomplete: "off",
    "aria-label": "Number" });
  const checked = withError(field);
  let typing = "";
  let shown = ""; // the number, whose text may have more than its digits

  /** @param {string} text */
  function take(text) {
    const { digits, problem } = readDigits(text);
    number.digits = digits;
    typing = problem;
    requestDraw();
  }
  field.addEventListener("input", () => take(field.value));
  const clear = button({ class: "lg-button lg-small", text: "Clear", title: "Begin anew", onclick() {
    field.value = "";
    take("");
    field.focus();
  } });

  return {
    el: h("div", { class: "lg-tool-line" },
      h("label", { class: "lg-typed" }, h("span", { class: "lg-muted", text: "Number" }), field), clear, checked.el),
    /**
     * @param {number} digit
     * @returns {number} its place
     */
    append(digit) {
      take(`${number.digits ?? shown}${digit}`);
      return Math.max(0, (number.digits ?? "").length - 1);
    },
    /** @param {Model} model */
    update(model) {
      const digits = numberFor(number, model);
      setAttr(field, "placeholder", exampleFor(model));
      if (readDigits(field.value).digits !== digits) field.value = digits;
      shown = digits;
      checked.say(typing || learned(digits, model.labels ?? []).problem);
    },
  };
}

/**
 * One style for all digits, or one for each.
 * @param {Page} page
 */
function createStyles({ state, requestDraw }) {
  const { number } = state;
  const choice = createChoice("Styles", [["one", "One style"], ["mixed", "A style each"]], (value) => {
    number.mixed = value === "mixed";
    requestDraw();
  });
  const fresh = button({ class: "lg-button lg-small", onclick() {
    if (number.mixed) renewSamples(state);
    else state.point = anyPoint();
    requestDraw();
  } });
  let points = { firstSeed: -1, each: /** @type {Point[]} */ ([]) };

  return {
    choice: choice.el,
    fresh,
    /**
     * Of the digit at a place.
     * @param {number} index
     */
    pointOf(index) {
      if (!number.mixed) return state.point;
      if (points.firstSeed !== state.firstSeed) {
        points = { firstSeed: state.firstSeed, each: sampleSeeds(state, MOST_DIGITS).map(bySeed) };
      }
      return points.each[index];
    },
    update() {
      choice.set(number.mixed ? "mixed" : "one");
      setText(fresh, number.mixed ? "New styles" : "New style");
    },
  };
}

/**
 * The number in images.
 * @param {Page} page
 * @param {(index: number) => Point} pointOf
 * @param {(index: number) => void} choose
 */
function createWritten(page, pointOf, choose) {
  const queue = createImageQueue(page.engine, page.say);
  const strip = createImageStrip("The number", choose, { keys: true, largest: LARGEST });
  const nothing = h("p", { class: "lg-muted" });
  /** @type {{digits: number[], z: Float32Array}} what was asked for last */
  let asked = { digits: [], z: new Float32Array(0) };
  let drawn = "";

  return {
    el: h("div", {}, strip.el, nothing),
    /**
     * @param {Frame} frame
     * @param {number[]} digits
     * @param {number} at the one in focus
     */
    update({ model, dropout }, digits, at) {
      strip.el.hidden = !digits.length;
      setText(nothing, `Nothing is written yet. How about ${exampleFor(model)}?`);
      nothing.hidden = digits.length > 0;
      strip.mark(at);
      const points = digits.map((_, i) => pointOf(i));
      const wanted = `${model.key} ${dropout} ${digits} ${points.map((point) => point.id)}`;
      if (wanted === drawn) return;
      drawn = wanted;
      asked = { digits, z: stack(points.map((point) => vectorOf(point, model))) };
      if (!digits.length) return;
      const names = namesFor(page.classNames, model);
      queue.ask(model, asked.z, { dropout, label: stack(digits.map(oneHot)), outputs: false }, ({ pixels }) => {
        strip.show(pixels, digits.length, model.side);
        strip.label(`${digits.map((digit) => names[digit]).join(" ")}, as the generator writes it`);
      });
    },
    savable() {
      const { digits, z } = asked;
      if (!digits.length) return null;
      const size = z.length / digits.length;
      const vectors = digits.map((digit, i) => ({ name: String(digit), z: row(z, i, size), label: oneHot(digit) }));
      return { canvases: [strip.canvas], animation: null, vectors };
    },
    destroy: strip.destroy,
  };
}
