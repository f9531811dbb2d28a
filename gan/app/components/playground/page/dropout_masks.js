/** Dropout as in training: other hidden units are silent at every moment. */

/** @import { PageState } from "../types.d.ts" */

import { isSeen } from "../../shared/seen.js";

const MASK_MS = 250; // from one set of silent units to the next

/**
 * @param {PageState} state
 * @param {() => void} changed
 */
export function createDropoutMasks(state, changed) {
  let seed = 1;
  let timer = 0;

  function next() {
    if (!isSeen()) return;
    seed += 1;
    changed();
  }

  return {
    /** @param {boolean} on */
    set(on) {
      state.dropout = on;
      clearInterval(timer);
      if (on) timer = setInterval(next, MASK_MS);
      changed();
    },
    /** The seed of the silent units; null: dropout is off. */
    seed: () => (state.dropout ? seed : null),
    end: () => clearInterval(timer),
  };
}
