/** The page's end of the worker: the worker is started when first needed, and each model is sent to it once. */

/** @import { Directions, Images, Options } from "./engine.js" */
/** @import { Networks } from "./generate.js" */

/** @typedef {{key: string, networks: Networks}} Subject */

/**
 * What the worker does, with what it takes and what it makes of it.
 * @typedef {object} Tasks
 * @property {{takes: {z: Float32Array, options: Options}, makes: Images}} images
 * @property {{takes: {}, makes: Directions}} directions
 */

export function createWorkerClient() {
  /** @type {Worker | null} */
  let worker = null;
  let asked = 0;
  /** @type {Map<number, {resolve: (result: unknown) => void, reject: (error: Error) => void}>} */
  const waiting = new Map();
  /** @type {Set<string>} */
  const sent = new Set();

  function start() {
    const started = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
    started.onmessage = ({ data: { id, result, error } }) => {
      const asker = waiting.get(id);
      waiting.delete(id);
      if (error === undefined) asker?.resolve(result);
      else asker?.reject(new Error(error));
    };
    started.onerror = () => end("The images cannot be made in the background; reload the page.");
    return started;
  }

  /** @param {string} reason for all requests that wait */
  function end(reason) {
    worker?.terminate();
    worker = null;
    sent.clear();
    for (const { reject } of waiting.values()) reject(new Error(reason));
    waiting.clear();
  }

  return {
    /**
     * @template {keyof Tasks} Task
     * @param {Task} task
     * @param {Subject} subject
     * @param {Tasks[Task]["takes"]} details
     * @returns {Promise<Tasks[Task]["makes"]>}
     */
    ask(task, { key, networks }, details) {
      worker ??= start();
      if (!sent.has(key)) worker.postMessage({ learn: { key, networks } });
      sent.add(key);
      const id = ++asked;
      worker.postMessage({ id, task, key, ...details });
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve: (made) => resolve(/** @type {Tasks[Task]["makes"]} */ (made)), reject });
      });
    },
    /** @param {string} key of a model that is no longer kept */
    forget(key) {
      if (sent.delete(key)) worker?.postMessage({ forget: key });
    },
    end: () => end("The page was closed."),
  };
}
