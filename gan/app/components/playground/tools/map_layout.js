/** What the map shows: the plane, the picks on it, and which part of it is in view. */

import { coordinates, planeThrough, wholePlane } from "../engine/latent_plane.js";
import { likelyRegion } from "../engine/latent_prior.js";
import { letter, rounded } from "../state/state.js";

/** @import { LikelyRegion } from "../engine/latent_prior.js" */
/** @import { Plane } from "../engine/latent_plane.js" */
/** @import { Frame, PageState } from "../types.d.ts" */

export const NEAREST = 0.05; // of the plane across the map
export const FARTHEST = 200;
const FARTHEST_OUT = 999; // the middle of the view

/** @typedef {{text: string, at: [x: number, y: number]}} Mark a pick */

/**
 * @typedef {object} Layout
 * @property {string} key
 * @property {number} whole how much is worth seeing of a plane that is the whole latent space; 0: it is not
 * @property {Plane} plane
 * @property {Mark[]} marks
 * @property {LikelyRegion | null} region where random vectors lie
 * @property {[x: number, y: number]} middle
 */

/** @param {Pick<Frame, "model" | "pickIds">} frame */
export function layoutKey({ model: { latentDim: d }, pickIds }) {
  return d <= 2 ? `whole ${d} ${pickIds}` : `${d} ${pickIds}`;
}

/**
 * Lays the plane: all of a latent space of one or two numbers, else through the first three picks.
 * @param {Pick<Frame, "model" | "pickIds" | "vectors">} frame
 * @returns {Layout}
 */
export function layOut({ pickIds, model, vectors }) {
  const { latentDim: d, settings: { noise } } = model;
  const plane = d <= 2 ? wholePlane(d) : planeThrough(vectors[0], vectors[1], vectors[2]);
  const shown = d <= 2 ? vectors : vectors.slice(0, 3);
  const marks = shown.map((z, i) => ({ text: letter(i), at: coordinates(plane, z) }));
  const whole = d > 2 ? 0 : noise === "uniform" ? 3 : 8;
  const region = likelyRegion(plane, model);
  return { key: layoutKey({ model, pickIds }), whole, plane, marks, region, middle: whole ? [0, 0] : middleOf(marks) };
}

/**
 * @param {Mark[]} marks
 * @returns {[x: number, y: number]}
 */
function middleOf(marks) {
  const middle = (/** @type {number[]} */ values) => (Math.min(...values) + Math.max(...values)) / 2;
  return [middle(marks.map(({ at }) => at[0])), middle(marks.map(({ at }) => at[1]))];
}

/**
 * The view that shows everything of interest, with some room.
 * @param {Layout} layout
 * @param {number} ratio of the map's height to its width
 */
export function fittedView({ middle: [x, y], marks, whole }, ratio) {
  const far = Math.max(...marks.map(({ at }) => Math.max(Math.abs(at[0] - x), Math.abs(at[1] - y) / ratio)), 0);
  return { x, y, span: whole || Math.max(0.5, far * 2.5) };
}

/**
 * A view as the state keeps it.
 * @param {number} x
 * @param {number} y
 * @param {number} span
 * @returns {NonNullable<PageState["map"]>}
 */
export function boundedView(x, y, span) {
  const clamp = (/** @type {number} */ value) => rounded(Math.min(FARTHEST_OUT, Math.max(-FARTHEST_OUT, value)));
  return { x: clamp(x), y: clamp(y), span: rounded(boundedSpan(span)) };
}

/** @param {number} span */
export const boundedSpan = (span) => Math.min(FARTHEST, Math.max(NEAREST, span));
