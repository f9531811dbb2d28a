/**
 * Fully connected networks, as gan/training/networks.py has them: linear layers, LeakyReLU and dropout after each
 * hidden one.
 *
 * A weight stays as the file has it, outputs x inputs: each output is then the product of two runs of neighbouring
 * numbers, four of which are summed side by side, in double precision, which costs nothing here. No transposed copy.
 */

import { rng } from "./random.js";

/** @import { Settings } from "../../types.d.ts" */
/** @import { Tensor } from "./safetensors.js" */

/** @typedef {{weight: Float32Array, bias: Float32Array, inputs: number, outputs: number}} Layer */
/** @typedef {{layers: Layer[], slope: number, dropout: number, inputs: number, outputs: number}} Network */

const STREAMS = 65_536; // of random numbers, per layer: one for each row that dropout is drawn for

/**
 * The network of the tensors `<prefix>.linears.<i>.weight|bias`.
 * @param {Map<string, Tensor>} tensors
 * @param {string} prefix
 * @param {Pick<Settings, "leaky_slope">} settings
 * @param {number} dropout share of the hidden units that it silences
 * @returns {Network | null} null if there is no such network, or it is one of another kind
 * @throws {Error} if it is such a network, but its layers do not fit together
 */
export function readNetwork(tensors, prefix, settings, dropout) {
  const names = [...tensors.keys()].filter((name) => name.startsWith(`${prefix}.`));
  /** @type {Layer[]} */
  const layers = [];
  for (let i = 0; i < names.length / 2; i++) {
    const weight = tensors.get(`${prefix}.linears.${i}.weight`);
    const bias = tensors.get(`${prefix}.linears.${i}.bias`);
    if (!weight?.data || !bias?.data || weight.shape.length !== 2) return null;
    layers.push({ weight: weight.data, bias: bias.data, inputs: weight.shape[1], outputs: weight.shape[0] });
  }
  if (layers.length === 0) return null;
  const fit = layers.every(
    ({ bias, inputs, outputs }, i) => bias.length === outputs && (i === 0 || inputs === layers[i - 1].outputs));
  if (!fit) {
    throw new Error(`The weights file is damaged: the layers of the ${prefix} do not fit together.`);
  }
  return {
    layers,
    slope: settings.leaky_slope,
    dropout,
    inputs: layers[0].inputs,
    outputs: layers[layers.length - 1].outputs,
  };
}

// What lies between the layers is written into these two in turn; they only ever grow.
const scratch = [new Float32Array(0), new Float32Array(0)];

/**
 * The network's output for n rows, before its last activation.
 * @param {Network} network
 * @param {Float32Array} x n * inputs; may be what another call returned
 * @param {number} n
 * @param {{seed: number, first: number} | null} dropout switches dropout on: a seed, and the number of the first row
 * @returns {Float32Array} n * outputs at its beginning; valid until the next call
 */
export function forward(network, x, n, dropout = null) {
  const last = network.layers.length - 1;
  network.layers.forEach((layer, i) => {
    const y = scratchFor(n * layer.outputs, x);
    linear(layer, x, n, y);
    if (i < last) leakyRelu(y, n * layer.outputs, network.slope);
    if (i < last && dropout && network.dropout > 0) drop(y, n, layer.outputs, network.dropout, dropout, i);
    x = y;
  });
  return x;
}

/**
 * The buffer that `taken` is not, with room for `size` numbers.
 * @param {number} size
 * @param {Float32Array} taken
 */
function scratchFor(size, taken) {
  const which = scratch[0] === taken ? 1 : 0;
  if (scratch[which].length < size) scratch[which] = new Float32Array(size);
  return scratch[which];
}

/**
 * y = x Wᵀ + b, the weights read once for all rows.
 * @param {Layer} layer
 * @param {Float32Array} x n * inputs
 * @param {number} n
 * @param {Float32Array} y n * outputs, written
 */
function linear({ weight, bias, inputs, outputs }, x, n, y) {
  const whole = outputs - (outputs % 4);
  for (let o = 0; o < whole; o += 4) fourOutputs({ weight, bias, inputs, outputs }, o, x, n, y);
  for (let o = whole; o < outputs; o++) {
    for (let k = 0; k < n; k++) {
      let sum = bias[o];
      for (let i = 0; i < inputs; i++) sum += x[k * inputs + i] * weight[o * inputs + i];
      y[k * outputs + o] = sum;
    }
  }
}

/**
 * Four neighbouring outputs, from `o` on.
 * @param {Layer} layer
 * @param {number} o
 * @param {Float32Array} x
 * @param {number} n
 * @param {Float32Array} y
 */
function fourOutputs({ weight, bias, inputs, outputs }, o, x, n, y) {
  const r0 = o * inputs;
  const r1 = r0 + inputs;
  const r2 = r1 + inputs;
  const r3 = r2 + inputs;
  for (let k = 0; k < n; k++) {
    const from = k * inputs;
    let s0 = bias[o];
    let s1 = bias[o + 1];
    let s2 = bias[o + 2];
    let s3 = bias[o + 3];
    for (let i = 0; i < inputs; i++) {
      const v = x[from + i];
      s0 += v * weight[r0 + i];
      s1 += v * weight[r1 + i];
      s2 += v * weight[r2 + i];
      s3 += v * weight[r3 + i];
    }
    const to = k * outputs + o;
    y[to] = s0;
    y[to + 1] = s1;
    y[to + 2] = s2;
    y[to + 3] = s3;
  }
}

/**
 * @param {Float32Array} y
 * @param {number} size
 * @param {number} slope
 */
function leakyRelu(y, size, slope) {
  for (let i = 0; i < size; i++) if (y[i] < 0) y[i] *= slope;
}

/**
 * Inverted dropout; each row and layer has random numbers of its own, so that a row does not depend on the others.
 * @param {Float32Array} y n * width
 * @param {number} n
 * @param {number} width
 * @param {number} p
 * @param {{seed: number, first: number}} rows
 * @param {number} layer
 */
function drop(y, n, width, p, { seed, first }, layer) {
  const scale = 1 / (1 - p);
  for (let k = 0; k < n; k++) {
    const next = rng(seed, layer * STREAMS + first + k);
    for (let i = k * width; i < (k + 1) * width; i++) y[i] = next() < p ? 0 : y[i] * scale;
  }
}
