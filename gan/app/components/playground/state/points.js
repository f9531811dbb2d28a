/** The vectors of points, for the weights on show. */

import { noise } from "../engine/random.js";

const kept = new WeakMap();

/**
 * A point's vector: the same object as long as the model takes the same latent vectors.
 * @param {import("./state.js").Point} point
 * @param {import("../engine/engine.js").Model} model
 */
export function vectorOf(point, model) {
  const kind = `${model.latentDim} ${model.settings.noise}`;
  const last = kept.get(point);
  if (last?.kind === kind) return last.z;
  const z = point.seed === null ? fitted(point.z, model.latentDim) : noise(point.seed, model.latentDim, model.settings.noise);
  kept.set(point, { kind, z });
  return z;
}

/** Numbers made for another latent size: the first ones, or these and zeros. */
function fitted(z, d) {
  if (z.length === d) return z;
  const out = new Float32Array(d);
  out.set(z.subarray(0, d));
  return out;
}
