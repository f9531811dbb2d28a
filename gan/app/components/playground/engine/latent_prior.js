/** Where the random vectors lie that a generator is trained on. */

import { coordinates, planePoint } from "./latent_plane.js";
import { norm } from "./vectors.js";

/** @import { Settings } from "../../types.d.ts" */
/** @import { Model } from "./engine.js" */
/** @import { Interpolation } from "./interpolation.js" */
/** @import { Plane } from "./latent_plane.js" */

/** @typedef {Settings["noise"]} Noise */

/**
 * Mean and spread of the length of a latent vector of d numbers.
 * Normal: chi distribution. Uniform from -1 to 1: each square has mean 1/3 and variance 4/45.
 * @param {Noise} kind
 * @param {number} d
 */
export function randomNorm(kind, d) {
  if (kind === "uniform") return { mean: Math.sqrt(d / 3), spread: Math.sqrt(1 / 15) };
  return { mean: Math.sqrt(Math.max(d - 0.5, 0.64)), spread: Math.sqrt(0.5) };
}

/**
 * @typedef {object} LikelyRegion
 * @property {number} x its middle
 * @property {number} y
 * @property {number} radius
 * @property {boolean} round a circle, or a square
 * @property {string} sentence what it means
 */

/**
 * Where random vectors lie on a map.
 * @param {Plane} plane
 * @param {Pick<Model, "latentDim" | "settings">} model
 * @returns {LikelyRegion | null} null: there is no such place
 */
export function likelyRegion(plane, { latentDim: d, settings: { noise } }) {
  if (d === 2 && noise === "uniform") {
    return { x: 0, y: 0, radius: 1, round: false, sentence: "All random z lie in the dashed square." };
  }
  if (d === 2) {
    const radius = Math.sqrt(-2 * Math.log(0.05));
    return { x: 0, y: 0, radius, round: true, sentence: "Of all random z 95 % lie in the dashed circle." };
  }
  if (d === 1 || noise === "uniform") return null;
  const [x, y] = coordinates(plane, new Float32Array(d)); // the foot of zero
  const radius = Math.sqrt(randomNorm(noise, d).mean ** 2 - norm(planePoint(plane, x, y)) ** 2);
  const sentence = "On the dashed circle z is as long as random z are.";
  return radius > 0 ? { x, y, radius, round: true, sentence } : null;
}

/**
 * The interpolation that keeps to vectors which the generator knows.
 * @param {Noise} kind
 * @returns {Interpolation}
 */
export const naturalInterpolation = (kind) => (kind === "uniform" ? "linear" : "spherical");
