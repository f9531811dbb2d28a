/** Arithmetic: the mean of some picks minus the mean of others plus a third, after Radford et al. 2016. */

import { h, setText } from "../../shared/dom.js";
import { createImageQueue } from "../engine/image_queue.js";
import { randomNorm } from "../engine/latent_prior.js";
import { arithmetic, mean, norm, stack } from "../engine/vectors.js";
import { createLastVector } from "../state/last_vector.js";
import { letter } from "../state/state.js";
import { createInvitation } from "../widgets/controls.js";
import { createPixelCanvas } from "../widgets/pixel_canvas.js";
import { createTerm } from "./arithmetic_term.js";

/** @import { Frame, Page, PageState, Terms, Tool } from "../types.d.ts" */

/** @type {[set: keyof Terms, label: string, description: string][]} */
const TERMS = [
  ["plus", "Add", "What is added"],
  ["minus", "Take away", "What is taken away"],
  ["start", "Start from", "What it starts from"],
];

/**
 * @param {Page} page
 * @returns {Tool}
 */
export function createArithmetic(page) {
  const { state } = page;
  const equation = createEquation(page);
  const formula = h("p", { class: "lg-formula", role: "status" });
  const note = h("p", { class: "lg-muted" });
  const invitation = createInvitation("Arithmetic needs three picks: click samples above.", () => page.fillPicks(3));
  const content = h("div", { class: "lg-arithmetic" }, equation.el, formula, note);
  const lastVector = createLastVector();

  return {
    label: "Arithmetic",
    sentence: "{latent-arithmetic|Directions have meaning}: what A has and B has not, added to C. "
      + "Averages of several picks work best. Click the letters to choose.",
    el: h("div", {}, content, invitation),
    visit() {},

    update(frame) {
      const enough = frame.vectors.length >= 3;
      content.hidden = !enough;
      invitation.hidden = enough;
      if (!enough) return;
      repair(state);
      setText(formula, formulaText(state));
      const { model, vectors } = frame;
      const length = norm(result(state, vectors, model.latentDim)).toFixed(1);
      const usual = randomNorm(model.settings.noise, model.latentDim).mean.toFixed(1);
      setText(note,
        `This z is ${length} long; random z are about ${usual}. The longer it is, the bolder the image.`);
      equation.update(frame);
    },

    focus({ vectors, pickIds, model }) {
      if (vectors.length < 3) return null;
      const key = `${pickIds} ${JSON.stringify(state.terms)} ${model.latentDim}`;
      return { z: lastVector(key, () => result(state, vectors, model.latentDim)), caption: formulaText(state) };
    },
    savable: () => (content.hidden ? null : { canvases: equation.canvases, animation: null, vectors: [] }),
    destroy() {},
  };
}

/**
 * The three terms and their result, as images.
 * @param {Page} page
 */
function createEquation(page) {
  const { state } = page;
  const queue = createImageQueue(page.engine, page.say);
  const terms = TERMS.map(([set, label]) => createTerm(page, set, label));
  const outcome = createPixelCanvas("lg-summand-image");
  const [plus, minus, start] = terms.map(({ el }) => el);
  let drawn = "";

  return {
    el: h("div", { class: "lg-equation" },
      plus, createSign("−"), minus, createSign("+"), start, createSign("="),
      h("div", { class: "lg-summand" }, h("span", { class: "lg-muted lg-summand-label", text: "Result" }), outcome.el)),
    canvases: [...terms.map(({ picture }) => picture.el), outcome.el],

    /** @param {Frame} frame */
    update({ model, key, dropout, label, vectors, pickIds }) {
      for (const term of terms) term.update();
      const wanted = `${key} ${pickIds} ${JSON.stringify(state.terms)} ${model.latentDim}`;
      if (wanted === drawn) return;
      drawn = wanted;
      const d = model.latentDim;
      const means = TERMS.map(([set]) => meanOf(members(state, set, vectors), d));
      const all = stack([...means, result(state, vectors, d)]);
      queue.ask(model, all, { dropout, label, outputs: false }, ({ pixels }) => {
        terms.forEach(({ picture }, i) => {
          picture.show(pixels, i, model.side);
          picture.label(TERMS[i][2]);
        });
        outcome.show(pixels, terms.length, model.side);
        outcome.label(`Result of ${formulaText(state)}`);
      });
    },
  };
}

/** @param {string} text */
const createSign = (text) => h("span", { class: "lg-sign", "aria-hidden": "true", text });

/**
 * Vectors of the picks in a set.
 * @param {PageState} state
 * @param {keyof Terms} set
 * @param {Float32Array[]} vectors of all picks
 */
function members({ terms, picks }, set, vectors) {
  return vectors.filter((_, i) => terms[set].includes(picks[i].id));
}

/**
 * @param {Float32Array[]} vectors
 * @param {number} d
 */
const meanOf = (vectors, d) => (vectors.length ? mean(vectors) : new Float32Array(d));

/**
 * @param {PageState} state
 * @param {Float32Array[]} vectors of all picks
 * @param {number} d
 */
function result(state, vectors, d) {
  const start = meanOf(members(state, "start", vectors), d);
  return arithmetic(members(state, "plus", vectors), members(state, "minus", vectors), start);
}

/**
 * "(A + B) / 2 − C + D"
 * @param {PageState} state
 */
function formulaText({ terms, picks }) {
  const [plus, minus, start] = TERMS.map(([set]) => {
    const names = picks.flatMap((pick, i) => (terms[set].includes(pick.id) ? [letter(i)] : []));
    return names.length > 1 ? `(${names.join(" + ")}) / ${names.length}` : names[0] ?? "0";
  });
  return `${plus} − ${minus} + ${start}`;
}

/**
 * Sets of picks that are all gone start anew with the first three.
 * @param {PageState} state
 */
function repair(state) {
  const ids = state.picks.map((pick) => pick.id);
  const chosen = Object.values(state.terms).flat();
  if (!chosen.length || chosen.some((id) => ids.includes(id))) return;
  state.terms = { plus: [ids[0]], minus: [ids[1]], start: [ids[2]] };
}
