/** From latent vectors to pixels and opinions, with the networks of one model; runs on the page and in the worker. */

import { forward } from "./network.js";
import { outputValue } from "./discriminatorOutput.js";

/**
 * @typedef {object} Networks
 * @property {import("./network.js").Network} generator
 * @property {import("./network.js").Network|null} discriminator
 * @property {"-1..1"|"0..1"} scaling
 * @property {import("./discriminatorOutput.js").Opinion} opinion
 */

const BLOCK = 64; // images made together; bounds the memory for what lies between the layers

/**
 * @param {Networks} networks
 * @param {Float32Array} z n * latentDim
 * @param {import("./engine.js").Options} options
 * @returns {import("./engine.js").Images}
 */
export function generateImages(networks, z, { dropout = null, opinions = true, into = null } = {}) {
  const { generator, discriminator } = networks;
  const count = z.length / generator.inputs;
  if (!Number.isInteger(count)) throw new Error(`A latent vector of this model has ${generator.inputs} numbers.`);
  const judges = opinions && discriminator !== null;
  const images = into ?? {
    pixels: new Uint8ClampedArray(count * generator.outputs),
    opinions: judges ? new Float32Array(count) : null,
  };
  for (let first = 0; first < count; first += BLOCK) {
    const n = Math.min(BLOCK, count - first);
    const rows = count <= BLOCK ? z : z.subarray(first * generator.inputs, (first + n) * generator.inputs);
    const x = forward(generator, rows, n, dropout === null ? null : { seed: dropout, first });
    paint(x, n * generator.outputs, networks.scaling, images.pixels, first * generator.outputs);
    if (judges) judge(networks, x, n, images.opinions, first);
  }
  return images;
}

/** The generator's last activation, in place, and its result as pixels. */
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

function judge({ discriminator, opinion }, x, n, opinions, first) {
  const outputs = forward(discriminator, x, n);
  for (let k = 0; k < n; k++) opinions[first + k] = outputValue(opinion, outputs[k]);
}
