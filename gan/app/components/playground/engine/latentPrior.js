/** Where the random vectors are that a generator is trained on. */

import { norm } from "./latent.js";
import { coordinates, planePoint } from "./latentPlane.js";

/**
 * Mean and spread of the length of a latent vector of d numbers.
 * Normal: chi distribution. Uniform from -1 to 1: each square has mean 1/3 and variance 4/45.
 * @param {"normal"|"uniform"} kind
 */
export function lengths(kind, d) {
  if (kind === "uniform") return { mean: Math.sqrt(d / 3), spread: Math.sqrt(1 / 15) };
  return { mean: Math.sqrt(Math.max(d - 0.5, 0.64)), spread: Math.sqrt(0.5) };
}

/**
 * Where random vectors are on a map: a circle, or a square, of `radius` around (x, y), and what it means.
 * @param {import("./latentPlane.js").Plane} plane
 * @param {import("./engine.js").Model} model
 * @returns {{x: number, y: number, radius: number, round: boolean, words: string}|null} null: there is no such place
 */
export function likelyRegion(plane, { latentDim: d, settings: { noise } }) {
  const square = { x: 0, y: 0, radius: 1, round: false, words: "All random z lie in the dashed square." };
  const disc = { x: 0, y: 0, radius: Math.sqrt(-2 * Math.log(0.05)), round: true, words: "Of all random z 95 % lie in the dashed circle." };
  if (d === 2) return noise === "uniform" ? square : disc;
  if (d === 1 || noise === "uniform") return null;
  const [x, y] = coordinates(plane, new Float32Array(d)); // the foot of zero
  const radius = Math.sqrt(lengths(noise, d).mean ** 2 - norm(planePoint(plane, x, y)) ** 2);
  return radius > 0 ? { x, y, radius, round: true, words: "On the dashed circle z is as long as random z are." } : null;
}

/** The way that keeps to vectors which the generator knows. */
export const naturalInterpolation = (kind) => (kind === "uniform" ? "linear" : "spherical");
