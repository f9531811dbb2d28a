/** The worker: makes many images, or finds directions, while the page stays responsive. */

import { generateImages } from "./generate.js";
import { firstInputs, principalDirections } from "./principal_directions.js";

/** @import { Networks } from "./generate.js" */
/** @import { Tasks } from "./worker_client.js" */

/**
 * @template {keyof Tasks} Task
 * @typedef {{id: number, task: Task, key: string} & Tasks[Task]["takes"]} RequestFor
 */
/** @typedef {RequestFor<"images"> | RequestFor<"directions">} Request */
/** @typedef {Request | {learn: {key: string, networks: Networks}} | {forget: string}} Message */

/** @type {Map<string, Networks>} by the model's key */
const known = new Map();

self.onmessage = (/** @type {MessageEvent<Message>} */ { data }) => {
  if ("learn" in data) known.set(data.learn.key, data.learn.networks);
  else if ("forget" in data) known.delete(data.forget);
  else self.postMessage({ id: data.id, ...answer(data) });
};

/** @param {Request} request */
function answer(request) {
  try {
    return { result: perform(request) };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

/** @param {Request} request */
function perform(request) {
  const networks = known.get(request.key);
  if (!networks) throw new Error("The worker does not know these weights.");
  if (request.task === "images") return generateImages(networks, request.z, request.options);
  const [first] = networks.generator.layers;
  return principalDirections(firstInputs(first, first.inputs - networks.labels));
}
