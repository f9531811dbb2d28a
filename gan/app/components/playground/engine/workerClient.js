/** The page's end of the worker: it is started when first needed and taught each model once. */

/** @typedef {{key: string, networks: import("./generate.js").Networks}} Subject */

export function createWorkerClient() {
  let worker = null;
  let asked = 0;
  /** @type {Map<number, {resolve: (result: any) => void, reject: (error: Error) => void}>} */
  const waiting = new Map();
  const taught = new Set();

  function start() {
    worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
    worker.onmessage = ({ data: { id, result, error } }) => {
      const { resolve, reject } = waiting.get(id);
      waiting.delete(id);
      if (error === undefined) resolve(result);
      else reject(new Error(error));
    };
    worker.onerror = () => end("The images cannot be computed beside the page; reload it.");
  }

  /** @param {string} reason told to all who wait */
  function end(reason) {
    worker?.terminate();
    worker = null;
    taught.clear();
    for (const { reject } of waiting.values()) reject(new Error(reason));
    waiting.clear();
  }

  return {
    /**
     * @param {"images"|"directions"} task
     * @param {Subject} subject
     * @param {object} [details]
     * @returns {Promise<any>} what the task returns
     */
    ask(task, { key, networks }, details = {}) {
      if (!worker) start();
      if (!taught.has(key)) worker.postMessage({ learn: { key, networks } });
      taught.add(key);
      const id = ++asked;
      worker.postMessage({ id, task, key, ...details });
      return new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
    },
    /** @param {string} key of a model that is no longer kept */
    forget(key) {
      if (taught.delete(key)) worker.postMessage({ forget: key });
    },
    end: () => end("The page was closed."),
  };
}
