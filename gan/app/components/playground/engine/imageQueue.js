/** Images that need not be there in this frame: made in the worker or on the server, one request after the other. */

/**
 * Of the requests that come while one is under way only the newest is made: the others are out of date by then.
 * @param {ReturnType<typeof import("./engine.js").createEngine>} engine
 * @param {(sentence: string) => void} failed
 */
export function createImageQueue(engine, failed) {
  let busy = false;
  let waiting = null;
  let turn = 0;

  async function ask(model, z, options, done) {
    if (busy) {
      waiting = [model, z, options, done];
      return;
    }
    busy = true;
    const mine = turn;
    try {
      const images = await engine.images(model, z, options);
      if (mine === turn) done(images);
    } catch (error) {
      if (mine === turn) failed(error.message);
    }
    busy = false;
    const next = waiting;
    waiting = null;
    if (next) ask(...next);
  }

  return {
    /**
     * @param {import("./engine.js").Model} model
     * @param {Float32Array} z
     * @param {import("./engine.js").Options} options
     * @param {(images: import("./engine.js").Images) => void} done
     */
    ask,
    /** What is under way or waiting is no longer wanted. */
    drop() {
      turn += 1;
      waiting = null;
    },
  };
}
