/** The sentence under the page's title. */

import { count } from "../../shared/format.js";

/** @import { ModelSource, PageState } from "../types.d.ts" */

/**
 * What went wrong; else what the images on show are.
 * @param {string} problem
 * @param {ModelSource} source
 * @param {PageState} state
 */
export function messageFor(problem, { model, name }, state) {
  if (problem) return problem;
  if (!model) return name === null ? "" : "Fetching the weights.";
  if (state.dropout) return dropoutMessage(model.dropout);
  const numbers = model.latentDim === 1 ? "one random number" : `a list of ${count(model.latentDim)} random numbers`;
  const which = model.averaged ? "averaged generator" : "generator";
  return `z is ${numbers}, and the ${which} makes an image of every z. Find your way around.`;
}

/** @param {number} p share of the hidden units */
function dropoutMessage(p) {
  if (p === 0) return "Dropout is on, but this generator was trained without it, so nothing changes.";
  const percent = Math.round(p * 100);
  return `Dropout is on: ${percent} % of the hidden units, others at every moment, are silent, as in training.`;
}
