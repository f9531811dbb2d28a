/** A weights file as a model: what the page needs to know of it, and the networks that the engine runs. */

import { readNetwork } from "./network.js";
import { outputMeaning } from "./discriminatorOutput.js";
import { readSafetensors } from "./safetensors.js";

const SIDE = 28;

/**
 * @typedef {object} Loaded
 * @property {import("./engine.js").Model} model
 * @property {import("./generate.js").Networks|null} networks null: the server has to run them
 * @property {number} bytes of the file
 */

/**
 * @param {ArrayBuffer} content of a weights file, see gan/recording/epochs.py
 * @param {{run: string, version: number|string, asked: number|"latest", tag: string, raw: boolean}} source `tag`: the
 *   file's ETag; `raw`: the generator as it was trained, if it is kept, and not its average
 * @returns {Loaded} `judgedBy` is null as long as the file holds no discriminator
 * @throws {Error} one sentence: the file is damaged
 */
export function readModel(content, { run, version, asked, tag, raw }) {
  const { tensors, metadata } = readSafetensors(content);
  const settings = readSettings(metadata);
  const [epoch, batch] = [Number(metadata.epoch ?? 0), Number(metadata.batch ?? 0)];
  const holds = (side) => [...tensors.keys()].some((name) => name.startsWith(`${side}.`));
  const averaged = holds("averaged") && !(raw && holds("generator"));
  const silent = settings.dropout_in === "discriminator" ? 0 : settings.dropout;
  const generator = readNetwork(tensors, averaged ? "averaged" : "generator", settings, silent);
  const discriminator = readNetwork(tensors, "discriminator", settings, settings.dropout);
  if (generator && generator.inputs !== settings.latent_dim) {
    throw new Error("The weights file is damaged: the generator does not take the run's latent numbers.");
  }
  const runs = generator?.outputs === SIDE * SIDE;
  const judges = runs ? discriminator?.inputs === SIDE * SIDE : holds("discriminator");
  const opinion = outputMeaning(settings.loss);
  const model = {
    key: `${run}@${version}:${batch}:${tag}${averaged ? ":averaged" : ""}`,
    run, epoch, batch, settings, opinion, asked, averaged,
    choice: holds("averaged") && holds("generator"),
    dropout: silent,
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
