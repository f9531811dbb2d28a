/** The sentence under the page's title. */

import { count } from "../../shared/format.js";
import { namesFor, wordFor } from "../state/digit.js";

/** @import { Model } from "../engine/engine.js" */
/** @import { ModelSource, Page } from "../types.d.ts" */

/**
 * What went wrong; else what the images on show are.
 * @param {string} problem
 * @param {ModelSource} source
 * @param {Pick<Page, "state" | "classNames">} page
 */
export function messageFor(problem, { model, name }, { state, classNames }) {
  if (problem) return problem;
  if (!model) return name === null ? "" : "Fetching the weights.";
  if (state.dropout) return dropoutMessage(model);
  const numbers = model.latentDim === 1 ? "one random number" : `a list of ${count(model.latentDim)} random numbers`;
  if (model.labels) {
    const word = wordFor(namesFor(classNames, model));
    return `z is ${numbers}: the style. You choose the ${word}, and the generator makes an image of both.`;
  }
  const which = model.averaged ? "averaged generator" : "generator";
  return `z is ${numbers}, and the ${which} makes an image of every z. Find your way around.`;
}

/** @param {Pick<Model, "dropout" | "where">} model */
function dropoutMessage({ dropout: p, where }) {
  if (where === "server") return "Dropout is on, but the server makes these images without it, so nothing changes.";
  if (p === 0) return "Dropout is on, but this generator was trained without it, so nothing changes.";
  const percent = Math.round(p * 100);
  return `Dropout is on: ${percent} % of the hidden units, others at every moment, are silent, as in training.`;
}
