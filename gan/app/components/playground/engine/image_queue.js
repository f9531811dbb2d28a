/** Images that need not be there in this frame: made in the worker or on the server, one request after the other. */

import { messageOf } from "./errors.js";

/** @import { Engine } from "../types.d.ts" */
/** @import { Images, Model, Options } from "./engine.js" */

/** @typedef {{model: Model, z: Float32Array, options: Options, done: (images: Images) => void}} Request */

/**
 * Of the requests that come while one is under way only the newest is made: the others are out of date by then.
 * @param {Pick<Engine, "images">} engine
 * @param {(sentence: string) => void} failed
 */
export function createImageQueue(engine, failed) {
  let busy = false;
  /** @type {Request | null} */
  let waiting = null;

  /** @param {Request} request */
  async function make({ model, z, options, done }) {
    busy = true;
    try {
      done(await engine.images(model, z, options));
    } catch (error) {
      failed(messageOf(error));
    }
    busy = false;
    const next = waiting;
    waiting = null;
    if (next) make(next);
  }

  return {
    /**
     * @param {Model} model
     * @param {Float32Array} z
     * @param {Options} options
     * @param {(images: Images) => void} done
     */
    ask(model, z, options, done) {
      const request = { model, z, options, done };
      if (busy) waiting = request;
      else make(request);
    },
  };
}
