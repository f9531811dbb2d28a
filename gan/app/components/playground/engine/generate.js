/**
 * From latent vectors to pixels and the discriminator's outputs, with the networks of one model; runs on the page and
 * in the worker.
 */

import { outputValue } from "./discriminator_output.js";
import { withLabels } from "./labels.js";
import { forward } from "./network.js";

/** @import { Settings } from "../../types.d.ts" */
/** @import { OutputMeaning } from "./discriminator_output.js" */
/** @import { Images, Options } from "./engine.js" */
/** @import { Network } from "./network.js" */

/**
 * @typedef {object} Networks
 * @property {Network} generator
 * @property {Network | null} discriminator
 * @property {number} labels how many numbers of a label both networks take behind their own inputs; 0: none
 * @property {Settings["scaling"]} scaling
 * @property {OutputMeaning} outputMeaning
 */

const BLOCK = 64; // images made together; bounds the memory for what lies between the layers

/**
 * @param {Networks} networks
 * @param {Float32Array} z n * latentDim
 * @param {Options} [options]
 * @returns {Images}
 */
export function generateImages(networks, z, options = {}) {
  const { dropout = null, outputs = true, label = null, into } = options;
  const { generator } = networks;
  const discriminator = outputs ? networks.discriminator : null;
  const inputs = inputsOf(networks, z, label);
  const count = inputs.length / generator.inputs;
  const images = into ?? emptyImages(count, generator.outputs, discriminator !== null);
  for (let first = 0; first < count; first += BLOCK) {
    const n = Math.min(BLOCK, count - first);
    const rows = count <= BLOCK ? inputs : inputs.subarray(first * generator.inputs, (first + n) * generator.inputs);
    const x = forward(generator, rows, n, dropout === null ? null : { seed: dropout, first });
    paint(x, n * generator.outputs, networks.scaling, images.pixels, first * generator.outputs);
    if (discriminator) discriminate(networks, x, n, label, images, first);
  }
  return images;
}

/**
 * What the generator takes: z, and behind it the label if it takes one.
 * @param {Networks} networks
 * @param {Float32Array} z
 * @param {Float32Array | null} label
 */
function inputsOf({ generator, labels }, z, label) {
  const latentDim = generator.inputs - labels;
  const count = z.length / latentDim;
  if (!Number.isInteger(count)) throw new Error(`A latent vector of this model has ${latentDim} numbers.`);
  if (!labels) return z;
  if (label?.length !== labels && label?.length !== labels * count) {
    throw new Error(`This model takes a label of ${labels} numbers with each latent vector.`);
  }
  return withLabels(z, count, latentDim, label, 0);
}

/**
 * @param {number} count
 * @param {number} size of an image, in pixels
 * @param {boolean} outputs whether the discriminator's outputs are asked for
 * @returns {Images}
 */
function emptyImages(count, size, outputs) {
  return { pixels: new Uint8ClampedArray(count * size), outputs: outputs ? new Float32Array(count) : null };
}

/**
 * The discriminator's outputs for n images.
 * @param {Networks} networks
 * @param {Float32Array} x what `forward` returned
 * @param {number} n
 * @param {Float32Array | null} label of all images
 * @param {Images} images whose outputs are written, from `at` on
 * @param {number} at
 */
function discriminate({ discriminator, labels, outputMeaning }, x, n, label, { outputs }, at) {
  if (!discriminator || !outputs) return;
  const seen = labels && label ? withLabels(x, n, discriminator.inputs - labels, label, at) : x;
  const logits = forward(discriminator, seen, n);
  for (let k = 0; k < n; k++) outputs[at + k] = outputValue(outputMeaning, logits[k]);
}

/**
 * The generator's last activation, in place, and its result as pixels.
 * @param {Float32Array} x
 * @param {number} size
 * @param {Settings["scaling"]} scaling
 * @param {Uint8ClampedArray} pixels written, from `at` on
 * @param {number} at
 */
function paint(x, size, scaling, pixels, at) {
  if (scaling === "-1..1") {
    for (let i = 0; i < size; i++) {
      x[i] = Math.tanh(x[i]);
      pixels[at + i] = (x[i] + 1) * 127.5;
    }
  } else {
    for (let i = 0; i < size; i++) {
      x[i] = 1 / (1 + Math.exp(-x[i]));
      pixels[at + i] = x[i] * 255;
    }
  }
}
