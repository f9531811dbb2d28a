/** Requests to the server; every failure is an Error with one sentence for the user. */

import { row } from "./latent.js";
import { outputValue } from "./discriminatorOutput.js";

const ROWS = 256; // the server makes so many images at once

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
 * @param {number|"latest"} epoch
 * @param {number|string} version
 */
export function askForWeights(base, run, epoch, version) {
  const query = epoch === "latest" ? "" : `?v=${encodeURIComponent(version)}`;
  return ask(`${path(base, run)}/weights/${epoch}.safetensors${query}`, {
    cache: epoch === "latest" ? "no-cache" : "default",
  });
}

/** @returns {Promise<import("./engine.js").KeptEpoch[]>} */
export async function askForEpochs(base, run) {
  const answer = await ask(`${path(base, run)}/epochs`);
  return (await answer.json()).epochs;
}

/** @returns {Promise<import("./engine.js").Nearest>} */
export async function askForNearest(base, run, pixels) {
  const answer = await ask(`${path(base, run)}/nearest`, { method: "POST", body: pixels });
  const found = await answer.json();
  return { ...found, pixels: Uint8ClampedArray.from(atob(found.pixels), (character) => character.charCodeAt(0)) };
}

/**
 * Images of a model that the browser cannot run, opinions with them if a discriminator is kept. Dropout stays off.
 * @param {import("./engine.js").Model} model
 * @param {Float32Array} z
 * @param {import("./engine.js").Options} options
 * @returns {Promise<import("./engine.js").Images>}
 */
export async function askForImages(base, model, z, { opinions = true } = {}) {
  const size = model.side * model.side * model.channels;
  const count = z.length / model.latentDim;
  const images = {
    pixels: new Uint8ClampedArray(count * size),
    opinions: opinions && model.hasDiscriminator ? new Float32Array(count) : null,
  };
  for (let first = 0; first < count; first += ROWS) {
    const n = Math.min(ROWS, count - first);
    const rows = Array.from({ length: n }, (_, k) => [...row(z, first + k, model.latentDim)]);
    const body = JSON.stringify({ epoch: model.asked, z: rows, raw: !model.averaged });
    const headers = { "Content-Type": "application/json" };
    const answer = await ask(`${path(base, model.run)}/generate`, { method: "POST", headers, body });
    const content = await answer.arrayBuffer();
    images.pixels.set(new Uint8ClampedArray(content, 0, n * size), first * size);
    images.opinions?.set(new Float32Array(content.slice(n * size)).map((x) => outputValue(model.opinion, x)), first);
  }
  return images;
}
