/** The worker: makes many images, or finds directions, while the page goes on answering. */

import { principalDirections } from "./principalDirections.js";
import { generateImages } from "./generate.js";

/** @type {Map<string, import("./generate.js").Networks>} by the model's key */
const known = new Map();

const TASKS = {
  images: ({ key, z, options }) => generateImages(known.get(key), z, options),
  directions: ({ key }) => principalDirections(known.get(key).generator.layers[0]),
};

self.onmessage = ({ data }) => {
  if (data.learn) known.set(data.learn.key, data.learn.networks);
  else if (data.forget) known.delete(data.forget);
  else self.postMessage({ id: data.id, ...answer(data) });
};

function answer({ task, ...details }) {
  try {
    return { result: TASKS[task](details) };
  } catch (error) {
    return { error: error.message };
  }
}
