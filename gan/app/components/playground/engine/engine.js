/**
 * The engine of the latent playground: a run's weights in, images and the discriminator's outputs for them out.
 *
 *     const engine = createEngine(base);
 *     const model = await engine.load("lecture", 100, versionOf(run));
 *     const { pixels, outputs } = engine.imagesNow(model, noise(7, model.latentDim, model.settings.noise));
 *
 * It knows nothing of the page. Everything that can fail rejects with an `Error` whose message is one sentence for the
 * user. Latent vectors are flat: n of them are one Float32Array of n * latentDim; images are n * side * side grey
 * pixels from 0 (black) to 255, row by row.
 */

import { generateImages } from "./generate.js";
import { fetchEpochs, fetchImages, fetchNearest } from "./server_api.js";
import { createWeightsCache } from "./weights_cache.js";
import { createWorkerClient } from "./worker_client.js";

/** @import { KeptEpoch as Kept, NearestImage, Settings } from "../../types.d.ts" */
/** @import { Engine, Epoch } from "../types.d.ts" */
/** @import { OutputMeaning } from "./discriminator_output.js" */
/** @import { Networks } from "./generate.js" */

const AT_ONCE = 3; // files that `loadMany` fetches at the same time

/**
 * One set of weights, ready to make images; immutable.
 * @typedef {object} Model
 * @property {boolean} averaged its generator is the running average of the one that was trained
 * @property {boolean} bothKept both of them are kept
 * @property {number} dropout of its generator
 * @property {string} key tells one set of weights from another: equal keys, equal images
 * @property {string} run
 * @property {Epoch} asked what was asked for
 * @property {number} epoch completed epochs
 * @property {number} batch completed batches
 * @property {Settings} settings every knob of the run at that moment
 * @property {number} latentDim
 * @property {number[] | null} labels the run's digits (or classes), if each image is made for one; null: z is all
 * @property {number} side 28
 * @property {number} channels 1
 * @property {"browser" | "server"} where "server": the browser cannot run this network; use `images`, not `imagesNow`
 * @property {boolean} hasDiscriminator false: `outputs` is null in every answer
 * @property {number | null} discriminatorEpoch whose discriminator it is: of this epoch, or of the newest that kept one
 * @property {OutputMeaning} outputMeaning what the numbers in `outputs` mean
 */

/**
 * @typedef {object} Options
 * @property {number | null} [dropout] a seed switches the generator's dropout on, with the masks of that seed; the
 *   discriminator always works without. Default null: off, as in evaluation mode; so it stays on the server.
 * @property {Float32Array | null} [label] for a model with labels: ten numbers for all images, or ten for each; 1 for
 *   the wanted digit and 0 for the others, or shares of several. The server makes the digit of the largest share.
 * @property {boolean} [outputs] false saves the discriminator's work; default true
 * @property {Images | null} [into] (imagesNow only) an earlier answer for as many images, to be overwritten
 */

/** @typedef {{pixels: Uint8ClampedArray<ArrayBuffer>, outputs: Float32Array | null}} Images */

/**
 * The training image that is nearest in pixels. Distances are Euclidean, of pixels from 0 to 1; `index` counts from 0
 * in the run's image set, which has `count` images and is called `set`; `typical` is the median distance of a training
 * image to its nearest other one; `copy`: whether it is nearly a copy, as the measured share of copies counts it, null
 * if that is not known; `limit`: the distance within which an image is nearly a copy of this one.
 * @typedef {Omit<NearestImage, "pixels"> & {pixels: Uint8ClampedArray}} Nearest
 */

/** @typedef {Kept} KeptEpoch */
/** @typedef {{vectors: Float32Array[], values: Float32Array}} Directions unit vectors, singular values, falling */

/**
 * @param {string} base the server's base path: "" or "/name"
 * @returns {Engine}
 */
export function createEngine(base) {
  const worker = createWorkerClient();
  const weights = createWeightsCache(base, ({ model }) => worker.forget(model.key));
  /** @type {WeakMap<Model, Networks>} kept as long as the model is referenced */
  const networks = new WeakMap();
  /** @type {WeakMap<Model, Promise<Directions>>} */
  const directions = new WeakMap();

  /** @type {Engine["load"]} */
  async function load(run, epoch, version) {
    const loaded = await weights.get(run, epoch, version);
    if (loaded.networks) networks.set(loaded.model, loaded.networks);
    return loaded.model;
  }

  /** @param {Model} model that the browser runs */
  function networksOf(model) {
    const found = networks.get(model);
    if (!found) throw new Error("The server has to make the images of these weights.");
    return found;
  }

  return {
    load,
    loadMany: (run, epochs, version, options) => loadMany(load, run, epochs, version, options),
    epochs: (run) => fetchEpochs(base, run),
    imagesNow: (model, z, options) => generateImages(networksOf(model), z, options),

    async images(model, z, { dropout = null, outputs = true, label = null } = {}) {
      const options = { dropout, outputs, label };
      if (model.where === "server") return fetchImages(base, model, z, options);
      return worker.ask("images", { key: model.key, networks: networksOf(model) }, { z, options });
    },

    nearest: (model, pixels) => fetchNearest(base, model.run, pixels),

    async directions(model) {
      if (model.where === "server") {
        throw new Error("The directions of this generator cannot be told: its first layer is not known here.");
      }
      const asked = directions.get(model);
      if (asked) return asked;
      const found = worker.ask("directions", { key: model.key, networks: networksOf(model) }, {});
      directions.set(model, found);
      return found;
    },

    setRaw: weights.setRaw,
    close: worker.end,
  };
}

/**
 * Loads several epochs, a few at a time, in the order asked for.
 * @param {Engine["load"]} load
 * @param {string} run
 * @param {number[]} epochs
 * @param {number | string} version
 * @param {{arrived?: (model: Model, index: number) => void, signal?: AbortSignal}} [options] see `Engine`
 * @returns {Promise<Model[]>} in the order of `epochs`
 */
async function loadMany(load, run, epochs, version, { arrived = () => {}, signal } = {}) {
  /** @type {Model[]} */
  const models = [];
  const remaining = [...epochs.entries()].reverse();
  async function fetchSome() {
    while (!signal?.aborted) {
      const next = remaining.pop();
      if (!next) return;
      const [index, epoch] = next;
      models[index] = await load(run, epoch, version);
      if (!signal?.aborted) arrived(models[index], index);
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, fetchSome));
  return models.filter(Boolean);
}
