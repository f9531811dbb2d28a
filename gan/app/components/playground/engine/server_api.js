/** Requests to the server; every failure is an Error with one sentence for the user. */

import { outputValue } from "./discriminator_output.js";
import { digitsOf } from "./labels.js";
import { row } from "./vectors.js";

/** @import { KeptEpochs, NearestImage } from "../../types.d.ts" */
/** @import { Epoch } from "../types.d.ts" */
/** @import { Images, Model, Nearest, Options } from "./engine.js" */

const ROWS = 256; // images that the server makes at once

/**
 * @param {string} base
 * @param {string} run
 */
const path = (base, run) => `${base}/api/runs/${encodeURIComponent(run)}`;

/**
 * @param {string} url
 * @param {RequestInit} [init]
 * @returns {Promise<Response>} an answer that is no refusal
 */
async function ask(url, init) {
  const answer = await fetch(url, init).catch(() => {
    throw new Error("The server does not answer; see whether it is still running.");
  });
  if (answer.ok) return answer;
  const { error } = await answer.json().catch(() => ({}));
  throw new Error(error ?? `The server refused this (${answer.status}).`);
}

/**
 * The weights file of an epoch, or the newest; the browser keeps it and asks only whether it has changed.
 * @param {string} base
 * @param {string} run
 * @param {Epoch} epoch
 * @param {number | string} version
 */
export function fetchWeights(base, run, epoch, version) {
  const query = epoch === "latest" ? "" : `?v=${encodeURIComponent(version)}`;
  return ask(`${path(base, run)}/weights/${epoch}.safetensors${query}`, {
    cache: epoch === "latest" ? "no-cache" : "default",
  });
}

/**
 * @param {string} base
 * @param {string} run
 */
export async function fetchEpochs(base, run) {
  const answer = await ask(`${path(base, run)}/epochs`);
  /** @type {KeptEpochs} */
  const { epochs } = await answer.json();
  return epochs;
}

/**
 * @param {string} base
 * @param {string} run
 * @param {Uint8ClampedArray<ArrayBuffer>} pixels
 * @returns {Promise<Nearest>}
 */
export async function fetchNearest(base, run, pixels) {
  const answer = await ask(`${path(base, run)}/nearest`, { method: "POST", body: pixels });
  /** @type {NearestImage} */
  const found = await answer.json();
  return { ...found, pixels: Uint8ClampedArray.from(atob(found.pixels), (character) => character.charCodeAt(0)) };
}

/**
 * Images of a model that the browser cannot run, with outputs if a discriminator is kept. Dropout stays off.
 * @param {string} base
 * @param {Model} model
 * @param {Float32Array} z
 * @param {Options} options
 * @returns {Promise<Images>}
 */
export async function fetchImages(base, model, z, { outputs = true, label = null }) {
  const size = model.side * model.side * model.channels;
  const count = z.length / model.latentDim;
  const images = {
    pixels: new Uint8ClampedArray(count * size),
    outputs: outputs && model.hasDiscriminator ? new Float32Array(count) : null,
  };
  for (let first = 0; first < count; first += ROWS) {
    const n = Math.min(ROWS, count - first);
    const rows = Array.from({ length: n }, (_, k) => [...row(z, first + k, model.latentDim)]);
    const labels = model.labels && label ? { labels: digitsOf(label, first, n) } : {};
    const body = JSON.stringify({ epoch: model.asked, z: rows, raw: !model.averaged, ...labels });
    const headers = { "Content-Type": "application/json" };
    const answer = await ask(`${path(base, model.run)}/generate`, { method: "POST", headers, body });
    const content = await answer.arrayBuffer();
    images.pixels.set(new Uint8ClampedArray(content, 0, n * size), first * size);
    const logits = new Float32Array(content.slice(n * size));
    images.outputs?.set(logits.map((x) => outputValue(model.outputMeaning, x)), first);
  }
  return images;
}
