/** The directions that the sliders follow: principal directions of the weights on show, or single coordinates. */

import { messageOf } from "../engine/errors.js";
import { basisVector } from "../engine/vectors.js";

/** @import { Model } from "../engine/engine.js" */
/** @import { Vector } from "../engine/vectors.js" */
/** @import { Page } from "../types.d.ts" */

/**
 * Unit vectors, how strong each is (null: not known), and a key that differs from that of others.
 * @typedef {{vectors: Vector[], values: Float32Array | null, key: string}} Axes
 */

/** @param {Page} page */
export function createDirectionAxes({ engine, state, requestDraw }) {
  /** @type {Model | null} */
  let model = null;
  /** @type {Axes | null} the last ones that were found */
  let found = null;
  /** @type {Model | null} whose were asked for */
  let asked = null;
  let error = "";

  /** @param {Model} of */
  async function find(of) {
    asked = of;
    error = "";
    try {
      const { vectors, values } = await engine.directions(of);
      if (asked === of) found = { vectors, values, key: of.key };
    } catch (failure) {
      if (asked === of) [found, error] = [null, messageOf(failure)];
    }
    requestDraw();
  }

  return {
    /** @param {Model} shown */
    use(shown) {
      model = shown;
    },
    model: () => model,
    error: () => error,
    /**
     * Null while they are being found; until then those of the weights before will do, if they fit.
     * @returns {Axes | null}
     */
    now() {
      if (!model) return null;
      const d = model.latentDim;
      if (state.coordinates) {
        return { vectors: Array.from({ length: d }, (_, i) => basisVector(i, d)), values: null, key: "coordinates" };
      }
      if (asked !== model) find(model);
      return found?.vectors[0]?.length === d ? found : null;
    },
  };
}
