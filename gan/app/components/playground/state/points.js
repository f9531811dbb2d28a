/** The vectors of points, for the weights on show. */

import { noise } from "../engine/random.js";

/** @import { Model } from "../engine/engine.js" */
/** @import { Point } from "../types.d.ts" */

/** @type {WeakMap<Point, {kind: string, z: Float32Array}>} */
const kept = new WeakMap();

/**
 * A point's vector: the same object as long as the model takes the same latent vectors.
 * @param {Point} point
 * @param {Pick<Model, "latentDim" | "settings">} model
 */
export function vectorOf(point, { latentDim, settings }) {
  const kind = `${latentDim} ${settings.noise}`;
  const last = kept.get(point);
  if (last?.kind === kind) return last.z;
  const z = point.z ? fitted(point.z, latentDim) : noise(point.seed ?? 0, latentDim, settings.noise);
  kept.set(point, { kind, z });
  return z;
}

/**
 * Numbers made for another latent size: the first ones, or these and zeros.
 * @param {Float32Array} z
 * @param {number} d
 */
function fitted(z, d) {
  if (z.length === d) return z;
  const out = new Float32Array(d);
  out.set(z.subarray(0, d));
  return out;
}
