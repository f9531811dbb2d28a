/** A weights file as a model: what the page needs to know of it, and the networks that the engine runs. */

import { readNetwork } from "./network.js";
import { opinionOf } from "./opinion.js";
import { readSafetensors } from "./safetensors.js";

const SIDE = 28;

/**
 * @typedef {object} Loaded
 * @property {import("./client.js").Model} model
 * @property {import("./pictures.js").Networks|null} networks null: the server has to run them
 * @property {number} bytes of the file
 */

/**
 * @param {ArrayBuffer} content of a weights file, see gan/epochs.py
 * @param {{run: string, version: number|string, asked: number|"latest", tag: string}} source `tag`: the file's ETag
 * @returns {Loaded} `judgedBy` is null as long as the file holds no discriminator
 * @throws {Error} one sentence: the file is damaged
 */
export function readModel(content, { run, version, asked, tag }) {
  const { tensors, metadata } = readSafetensors(content);
  const settings = readSettings(metadata);
  const [epoch, batch] = [Number(metadata.epoch ?? 0), Number(metadata.batch ?? 0)];
  const generator = readNetwork(tensors, "generator", settings);
  const discriminator = readNetwork(tensors, "discriminator", settings);
  if (generator && generator.inputs !== settings.latent_dim) {
    throw new Error("The weights file is damaged: the generator does not take the run's latent numbers.");
  }
  const runs = generator?.outputs === SIDE * SIDE;
  const judges = runs ? discriminator?.inputs === SIDE * SIDE : [...tensors.keys()].some(isDiscriminators);
  const opinion = opinionOf(settings.loss);
  const model = {
    key: `${run}@${version}:${batch}:${tag}`,
    run, epoch, batch, settings, opinion, asked,
    latentDim: settings.latent_dim,
    side: SIDE,
    channels: 1,
    where: runs ? "browser" : "server",
    hasDiscriminator: judges,
    judgedBy: judges ? epoch : null,
  };
  const used = { generator, discriminator: judges ? discriminator : null, scaling: settings.scaling, opinion };
  return { model, networks: runs ? used : null, bytes: content.byteLength };
}

/**
 * The same model, judged by the discriminator of another epoch.
 * @param {Loaded} loaded
 * @param {Loaded|null} judge
 */
export function judgedBy(loaded, judge) {
  const discriminator = judge?.networks?.discriminator ?? null;
  const judges = loaded.networks ? discriminator !== null : judge?.model.hasDiscriminator;
  if (!judges) return loaded;
  const key = `${loaded.model.key}:${judge.model.key}`;
  return {
    model: { ...loaded.model, key, hasDiscriminator: true, judgedBy: judge.model.epoch },
    networks: loaded.networks && { ...loaded.networks, discriminator },
    bytes: loaded.bytes,
  };
}

const isDiscriminators = (name) => name.startsWith("discriminator.");

function readSettings(metadata) {
  const settings = parsed(metadata.settings);
  if (!Number.isInteger(settings?.latent_dim)) {
    throw new Error("The weights file is damaged: it lacks the run's settings.");
  }
  return settings;
}

/** What JSON says, or null if it is none. */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
