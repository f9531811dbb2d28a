/** Weights files as models. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { readModel } from "../../../gan/app/components/playground/engine/model.js";
import { ones, savedTensors } from "./weights_file.js";

const LAYER = { "generator.linears.0.weight": ones(784, 3), "generator.linears.0.bias": ones(784) };

/** @param {Uint8Array<ArrayBuffer>} file */
const read = (file) => readModel(file.buffer, { run: "a", version: 1, asked: 1, tag: "", raw: false });

/** @param {Record<string, string | number>} settings */
const withSettings = (settings) => ({ settings: JSON.stringify(settings) });

/** @type {Record<string, Uint8Array<ArrayBuffer>[]>} by what is wrong */
const REFUSED = {
  "it lacks the run's settings": [
    savedTensors({ "a.weight": ones(2, 3) }, { batch: "7" }),
    savedTensors(LAYER, { settings: "{" }),
    savedTensors(LAYER, { settings: "[]" }),
  ],
  "the layers of the generator do not fit together": [
    savedTensors({ ...LAYER, "generator.linears.0.bias": ones(5) }, withSettings({ latent_dim: 3 })),
    savedTensors(
      { ...LAYER, "generator.linears.1.weight": ones(784, 3), "generator.linears.1.bias": ones(784) },
      withSettings({ latent_dim: 3 }),
    ),
  ],
  "the generator does not take the run's latent numbers": [savedTensors(LAYER, withSettings({ latent_dim: 4 }))],
};

for (const [reason, files] of Object.entries(REFUSED)) {
  test(`a whole file that is no weights of a run is refused: ${reason}`, () => {
    for (const file of files) {
      assert.throws(() => read(file), { name: "Error", message: `The weights file is damaged: ${reason}.` });
    }
  });
}

test("a conditional generator has the run's digits, and ten inputs more than z", () => {
  const settings = { settings: JSON.stringify({ latent_dim: 3, conditional: "on", digits: [3, 8] }) };
  const file = { "generator.linears.0.weight": ones(784, 13), "generator.linears.0.bias": ones(784) };
  const { model, networks } = read(savedTensors(file, settings));
  assert.deepEqual([model.latentDim, model.labels, networks?.labels], [3, [3, 8], 10]);
  assert.throws(() => read(savedTensors(LAYER, settings)), /does not take the run's latent numbers/);

  const plain = read(savedTensors(LAYER, withSettings({ latent_dim: 3 })));
  assert.deepEqual([plain.model.labels, plain.networks?.labels], [null, 0]);
});

test("a generator of 784 outputs runs in the browser, others on the server", () => {
  const settings = withSettings({ latent_dim: 3, loss: "wasserstein", dropout: 0.5 });
  const { model, networks } = read(savedTensors(LAYER, { ...settings, epoch: "5", batch: "90" }));
  assert.deepEqual([model.where, model.epoch, model.batch, model.latentDim], ["browser", 5, 90, 3]);
  assert.deepEqual([model.hasDiscriminator, model.discriminatorEpoch], [false, null]);
  assert.equal(model.outputMeaning.kind, "score");
  assert.equal(networks?.generator.outputs, 784);

  const small = { "generator.linears.0.weight": ones(10, 3), "generator.linears.0.bias": ones(10) };
  const other = read(savedTensors(small, settings));
  assert.deepEqual([other.model.where, other.networks], ["server", null]);
});

test("the browser leaves networks of one's own to the server, whatever their tensors are called", () => {
  const settings = { latent_dim: 3, scaling: "-1..1", loss: "non-saturating", dropout: 0.5, dropout_in: "both" };
  assert.equal(read(savedTensors(LAYER, withSettings(settings))).model.where, "browser");
  const own = read(savedTensors(LAYER, { ...withSettings(settings), networks: "a".repeat(64) }));
  assert.equal(own.model.where, "server");
  assert.equal(own.networks, null);
});
