/**
 * The engine of the latent playground: a run's weights in, images and the discriminator's opinion of them out.
 *
 *     const engine = createEngine(base);
 *     const model = await engine.load("lecture", 100, versionOf(run));
 *     const { pixels, opinions } = engine.imagesNow(model, noise(7, model.latentDim, model.settings.noise));
 *
 * It knows nothing of the page. Everything that can fail rejects with an `Error` whose message is one sentence for the
 * user. Latent vectors are flat: n of them are one Float32Array of n * latentDim; images are n * side * side grey
 * pixels from 0 (black) to 255, row by row.
 */

import { createWorkerClient } from "./workerClient.js";
import { generateImages } from "./generate.js";
import { askForEpochs, askForImages, askForNearest } from "./serverApi.js";
import { createWeightsCache } from "./weightsCache.js";

const AT_ONCE = 3; // files that `loadMany` fetches at the same time

/**
 * One set of weights, ready to make images; immutable.
 * @typedef {object} Model
 * @property {boolean} averaged its generator is the running average of the one that was trained
 * @property {boolean} choice both of them are kept
 * @property {number} dropout of its generator
 * @property {string} key tells one set of weights from another: equal keys, equal images
 * @property {string} run
 * @property {number|"latest"} asked what was asked for: an epoch or "latest"
 * @property {number} epoch completed epochs
 * @property {number} batch completed batches
 * @property {Record<string, any>} settings every knob of the run at that moment, as in gan/settings.py
 * @property {number} latentDim
 * @property {number} side 28
 * @property {number} channels 1
 * @property {"browser"|"server"} where "server": the browser cannot run this network; use `images`, not `imagesNow`
 * @property {boolean} hasDiscriminator false: `opinions` is null in every answer
 * @property {number|null} judgedBy the epoch whose discriminator judges: this one, or the newest that kept one
 * @property {import("./discriminatorOutput.js").Opinion} opinion what the numbers in `opinions` mean
 */

/**
 * @typedef {object} Options
 * @property {number|null} [dropout] a seed switches the generator's dropout on, with the masks of that seed; the
 *   discriminator always judges without. Default null: off, as in evaluation mode; so it stays on the server.
 * @property {boolean} [opinions] false saves the discriminator's work; default true
 * @property {Images} [into] (imagesNow only) an earlier answer for as many images, to be overwritten
 */

/** @typedef {{pixels: Uint8ClampedArray, opinions: Float32Array|null}} Images */

/**
 * The training image that is nearest in pixels. Distances are Euclidean, of pixels from 0 to 1.
 * @typedef {object} Nearest
 * @property {string} label what its class is called
 * @property {number} index its number in the run's image set, from 0
 * @property {number} count how many images were compared
 * @property {string} set what they are, in words
 * @property {number} distance
 * @property {number} typical the median distance of a training image to its nearest other one
 * @property {boolean|null} copy whether it is nearly a copy, as the measured share of copies counts it; null: not known
 * @property {number|null} limit the distance within which an image is nearly a copy of this one
 * @property {Uint8ClampedArray} pixels
 */

/** @typedef {{epoch: number, batch: number, discriminator: boolean, full: boolean}} KeptEpoch */
/** @typedef {{vectors: Float32Array[], values: Float32Array}} Directions unit vectors, singular values, falling */

/**
 * @param {string} base the server's base path: "" or "/name"
 */
export function createEngine(base) {
  const crew = createWorkerClient();
  const weights = createWeightsCache(base, ({ model }) => crew.forget(model.key));
  /** @type {WeakMap<Model, import("./generate.js").Networks>} as long as somebody holds the model */
  const networks = new WeakMap();
  /** @type {WeakMap<Model, Promise<Directions>>} */
  const directions = new WeakMap();

  async function load(run, epoch, version) {
    const loaded = await weights.get(run, epoch, version);
    if (loaded.networks) networks.set(loaded.model, loaded.networks);
    return loaded.model;
  }

  /** What the worker has to know of a model. */
  const subject = (model) => ({ key: model.key, networks: networks.get(model) });

  return {
    /**
     * The weights of an epoch, or the newest ones ("latest": asks the server each time, cheap if nothing changed).
     * Never fetched twice: who asks while it is under way gets the same answer, who asks later the same model.
     * @param {string} run
     * @param {number|"latest"} epoch
     * @param {number|string} version what tells its files from those of others (`versionOf(run)`), so that the browser may keep them
     * @returns {Promise<Model>}
     */
    load,

    /**
     * Load several epochs, a few at a time, in the order asked for.
     * @param {string} run
     * @param {number[]} epochs
     * @param {number|string} version
     * @param {{arrived?: (model: Model, index: number) => void, signal?: AbortSignal}} [options] `arrived` is called
     *   for each as soon as it is there; an aborted signal ends it with what is there
     * @returns {Promise<Model[]>} in the order of `epochs`
     */
    async loadMany(run, epochs, version, { arrived = () => {}, signal } = {}) {
      const models = [];
      const left = epochs.map((epoch, index) => ({ epoch, index })).reverse();
      async function fetchSome() {
        while (left.length && !signal?.aborted) {
          const { epoch, index } = left.pop();
          models[index] = await load(run, epoch, version);
          if (!signal?.aborted) arrived(models[index], index);
        }
      }
      await Promise.all(Array.from({ length: AT_ONCE }, fetchSome));
      return models.filter(Boolean);
    },

    /**
     * Which epochs' weights are kept, ascending.
     * @param {string} run
     * @returns {Promise<KeptEpoch[]>}
     */
    epochs: (run) => askForEpochs(base, run),

    /**
     * Images at once, on this thread: for what follows the pointer. Only for a model whose `where` is "browser".
     * @param {Model} model
     * @param {Float32Array} z n * latentDim
     * @param {Options} [options]
     * @returns {Images}
     */
    imagesNow: (model, z, options = {}) => generateImages(networks.get(model), z, options),

    /**
     * Images from the worker (or from the server): for many at a time.
     * @param {Model} model
     * @param {Float32Array} z n * latentDim
     * @param {Options} [options]
     * @returns {Promise<Images>}
     */
    async images(model, z, { dropout = null, opinions = true } = {}) {
      const options = { dropout, opinions };
      if (model.where === "server") return askForImages(base, model, z, options);
      return crew.ask("images", subject(model), { z, options });
    },

    /**
     * The training image nearest to one of 784 pixels.
     * @param {Model} model
     * @param {Uint8ClampedArray} pixels
     * @returns {Promise<Nearest>}
     */
    nearest: (model, pixels) => askForNearest(base, model.run, pixels),

    /**
     * The principal directions of the generator's first layer, most effective first; computed once a model, in the
     * worker. Rejects for a model that runs on the server.
     * @param {Model} model
     * @returns {Promise<Directions>}
     */
    async directions(model) {
      if (model.where === "server") {
        throw new Error("The directions of this generator cannot be told: its first layer is not known here.");
      }
      if (!directions.has(model)) directions.set(model, crew.ask("directions", subject(model)));
      return directions.get(model);
    },

    /** Load generators as they were trained, and not their averages, from now on. */
    setRaw: weights.setRaw,

    /** End the worker. */
    close: crew.end,
  };
}
