/** Images from latent vectors. That they are torch's is tested with the server, whose torch makes the same. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { outputMeaning } from "../../../gan/app/components/playground/engine/discriminator_output.js";
import { generateImages } from "../../../gan/app/components/playground/engine/generate.js";
import { oneHot } from "../../../gan/app/components/playground/engine/labels.js";
import { normal, rng } from "../../../gan/app/components/playground/engine/random.js";

/** @import { Networks } from "../../../gan/app/components/playground/engine/generate.js" */
/** @import { Network } from "../../../gan/app/components/playground/engine/network.js" */

const SIZE = 784;

/**
 * @param {number} inputs
 * @param {number} outputs
 * @param {(i: number) => number} weight
 */
function layer(inputs, outputs, weight) {
  const numbers = Float32Array.from({ length: inputs * outputs }, (_, i) => weight(i));
  return { weight: numbers, bias: new Float32Array(outputs), inputs, outputs };
}

/**
 * @param {Network["layers"]} layers
 * @param {number} dropout
 */
function network(layers, dropout) {
  const [first, last] = [layers[0], layers[layers.length - 1]];
  return { layers, slope: 0.01, dropout, inputs: first.inputs, outputs: last.outputs };
}

/**
 * @param {Network} generator
 * @param {Network | null} discriminator
 * @returns {Networks}
 */
function networks(generator, discriminator = null) {
  return { generator, discriminator, labels: 0, scaling: "-1..1", outputMeaning: outputMeaning("non-saturating") };
}

/** A generator each of whose hidden units is one pixel: it shows which ones dropout has switched off. */
const SPIKES = networks(network([layer(1, SIZE, () => 0.3), layer(SIZE, SIZE, (i) => (i % (SIZE + 1) ? 0 : 1))], 0.25));

test("dropout switches hidden units off by a seed", () => {
  const make = (/** @type {number | null} */ dropout) =>
    generateImages(SPIKES, Float32Array.of(1, 1, 1), { dropout }).pixels;
  const [once, again, other, without] = [make(7), make(7), make(8), make(null)];
  const [off, kept, untouched] = [0, 0.3 / 0.75, 0.3].map((x) => Math.round((Math.tanh(x) + 1) * 127.5));
  assert.deepEqual(new Set(without), new Set([untouched]));
  assert.deepEqual(new Set(once), new Set([off, kept])); // those that stay make up for the others
  assert.deepEqual(new Set(other), new Set([off, kept]));
  assert.deepEqual(once, again);
  assert.notDeepEqual(once, other);
  assert.notDeepEqual(once.subarray(0, SIZE), once.subarray(SIZE, 2 * SIZE));
  assert.ok(Math.abs(once.filter((level) => level === off).length / once.length - 0.25) < 0.04);
});

/** Networks of random weights, with widths that are no multiples of four. */
function random() {
  const draw = normal(rng(3));
  const small = () => draw() / 3;
  const generator = network([layer(5, 33, small), layer(33, 18, small), layer(18, SIZE, small)], 0.5);
  return networks(generator, network([layer(SIZE, 7, small), layer(7, 1, small)], 0.5));
}

test("an image does not depend on those that are made with it", () => {
  const made = random();
  const z = Float32Array.from({ length: 150 * 5 }, normal(rng(1)));
  for (const dropout of [null, 4]) {
    const all = generateImages(made, z, { dropout });
    const first = generateImages(made, z.subarray(0, 5), { dropout });
    assert.deepEqual(all.pixels.subarray(0, SIZE), first.pixels);
    assert.equal(all.outputs?.[0], first.outputs?.[0]);
  }
  const last = generateImages(made, z.subarray(149 * 5));
  const all = generateImages(made, z);
  assert.deepEqual(all.pixels.subarray(149 * SIZE), last.pixels);
  assert.equal(all.outputs?.[149], last.outputs?.[0]);
});

test("the discriminator works only where its outputs are asked for, and an old answer is written over", () => {
  const made = random();
  const [one, other] = [1, -1].map((x) => new Float32Array(5).fill(x));
  assert.equal(generateImages(made, one, { outputs: false }).outputs, null);
  const into = generateImages(made, one);
  assert.equal(generateImages(made, other, { into }), into);
  assert.deepEqual(into, generateImages(made, other));
});

test("a vector of another length is refused", () => {
  assert.throws(() => generateImages(random(), new Float32Array(6)),
    { message: "A latent vector of this model has 5 numbers." });
});

/** Networks with labels: z is two numbers. */
function conditional() {
  const draw = normal(rng(5));
  const small = () => draw() / 3;
  const generator = network([layer(12, 9, small), layer(9, SIZE, small)], 0.5);
  return { ...networks(generator, network([layer(SIZE + 10, 6, small), layer(6, 1, small)], 0.5)), labels: 10 };
}

test("a label for all images is that label for each, and the discriminator sees it, too", () => {
  const made = conditional();
  const z = Float32Array.from({ length: 150 * 2 }, normal(rng(1)));
  const all = generateImages(made, z, { label: oneHot(3) });
  const each = Float32Array.from({ length: 1500 }, (_, i) => (i % 10 === (i < 1490 ? 3 : 7) ? 1 : 0));
  const mixed = generateImages(made, z, { label: each });
  assert.deepEqual(mixed.pixels.subarray(0, 149 * SIZE), all.pixels.subarray(0, 149 * SIZE));
  assert.deepEqual(mixed.outputs?.subarray(0, 149), all.outputs?.subarray(0, 149));
  const seven = generateImages(made, z.subarray(149 * 2), { label: oneHot(7) });
  assert.deepEqual(mixed.pixels.subarray(149 * SIZE), seven.pixels);
  assert.equal(mixed.outputs?.[149], seven.outputs?.[0]);
  assert.notDeepEqual(seven.pixels, all.pixels.subarray(149 * SIZE));
});

test("networks with labels refuse images without one", () => {
  const message = "This model takes a label of 10 numbers with each latent vector.";
  assert.throws(() => generateImages(conditional(), new Float32Array(4)), { message });
  assert.throws(() => generateImages(conditional(), new Float32Array(4), { label: new Float32Array(30) }), { message });
});
