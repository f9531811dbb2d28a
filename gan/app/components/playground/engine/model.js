/** A weights file as a model: what the page needs to know of it, and the networks that the engine runs. */

import { outputMeaning } from "./discriminator_output.js";
import { LABELS } from "./labels.js";
import { readNetwork } from "./network.js";
import { readSafetensors } from "./safetensors.js";

/** @import { Settings } from "../../types.d.ts" */
/** @import { Epoch } from "../types.d.ts" */
/** @import { Model } from "./engine.js" */
/** @import { Networks } from "./generate.js" */
/** @import { Tensor } from "./safetensors.js" */

const SIDE = 28;

/**
 * @typedef {object} Loaded
 * @property {Model} model
 * @property {Networks | null} networks null: the server has to run them
 * @property {number} bytes of the file
 */

/**
 * @typedef {object} Origin
 * @property {string} run
 * @property {number | string} version
 * @property {Epoch} asked
 * @property {string} tag the file's ETag
 * @property {boolean} raw the generator as it was trained, if it is kept, and not its average
 */

/**
 * @param {ArrayBuffer} content of a weights file, see gan/recording/epochs.py
 * @param {Origin} origin
 * @returns {Loaded} `discriminatorEpoch` is null as long as the file holds no discriminator
 * @throws {Error} one sentence: the file is damaged
 */
export function readModel(content, { run, version, asked, tag, raw }) {
  const { tensors, metadata } = readSafetensors(content);
  const settings = readSettings(metadata);
  const [epoch, batch] = [Number(metadata.epoch ?? 0), Number(metadata.batch ?? 0)];
  const averaged = holds(tensors, "averaged") && !(raw && holds(tensors, "generator"));
  const dropout = generatorDropout(settings);
  const side = averaged ? "averaged" : "generator";
  const networks = readNetworks({ tensors, metadata }, settings, side, dropout);
  const hasDiscriminator = networks ? networks.discriminator !== null : holds(tensors, "discriminator");
  const model = {
    key: `${run}@${version}:${batch}:${tag}${averaged ? ":averaged" : ""}`,
    run, epoch, batch, settings, asked, averaged, dropout, hasDiscriminator,
    outputMeaning: outputMeaning(settings.loss),
    bothKept: holds(tensors, "averaged") && holds(tensors, "generator"),
    latentDim: settings.latent_dim,
    labels: labelsOf(settings),
    side: SIDE,
    channels: 1,
    where: /** @type {Model["where"]} */ (networks ? "browser" : "server"),
    discriminatorEpoch: hasDiscriminator ? epoch : null,
  };
  return { model, networks, bytes: content.byteLength };
}

/** @param {Settings} settings */
const generatorDropout = ({ dropout_in, dropout }) => (dropout_in === "discriminator" ? 0 : dropout);

/** @param {Settings} settings */
const labelsOf = ({ conditional, digits }) => (conditional === "on" ? digits : null);

/**
 * @param {Map<string, Tensor>} tensors
 * @param {string} side
 */
const holds = (tensors, side) => [...tensors.keys()].some((name) => name.startsWith(`${side}.`));

/**
 * @param {{ tensors: Map<string, Tensor>, metadata: Record<string, string> }} file
 * @param {Settings} settings
 * @param {"averaged" | "generator"} prefix of the generator
 * @param {number} dropout of the generator
 * @returns {Networks | null} null: they are none that the browser can run
 */
function readNetworks({ tensors, metadata }, settings, prefix, dropout) {
  if (metadata.networks) return null; // of one's own, which only the server has, whatever their tensors are called
  const generator = readNetwork(tensors, prefix, settings, dropout);
  const discriminator = readNetwork(tensors, "discriminator", settings, settings.dropout);
  const labels = labelsOf(settings) ? LABELS : 0;
  if (generator && generator.inputs !== settings.latent_dim + labels) {
    throw new Error("The weights file is damaged: the generator does not take the run's latent numbers.");
  }
  if (generator?.outputs !== SIDE * SIDE) return null;
  return {
    generator,
    discriminator: discriminator?.inputs === SIDE * SIDE + labels ? discriminator : null,
    labels,
    scaling: settings.scaling,
    outputMeaning: outputMeaning(settings.loss),
  };
}

/**
 * The same model with the discriminator of another epoch.
 * @param {Loaded} loaded
 * @param {Loaded | null} other
 */
export function withDiscriminatorOf(loaded, other) {
  const discriminator = other?.networks?.discriminator ?? null;
  const there = loaded.networks ? discriminator !== null : other?.model.hasDiscriminator;
  if (!there || !other) return loaded;
  const key = `${loaded.model.key}:${other.model.key}`;
  return {
    model: { ...loaded.model, key, hasDiscriminator: true, discriminatorEpoch: other.model.epoch },
    networks: loaded.networks && { ...loaded.networks, discriminator },
    bytes: loaded.bytes,
  };
}

/**
 * @param {Record<string, string>} metadata
 * @returns {Settings}
 */
function readSettings(metadata) {
  const settings = parsed(metadata.settings);
  if (!Number.isInteger(settings?.latent_dim)) {
    throw new Error("The weights file is damaged: it lacks the run's settings.");
  }
  return settings;
}

/**
 * What JSON says, or null if it is none.
 * @param {string} text
 */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
