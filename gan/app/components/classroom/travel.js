/** Takes this tab to another page; asks again, since Streamlit drops what it is asked while the server is gone. */

/** @import { ClassTriggers } from "../types.d.ts" */

import { placeOf, samePage } from "./place.js";

const AGAIN_MS = 4000; // between two requests
const MOST = 15; // requests: a minute, after which nobody waits for it any longer

/**
 * @param {string} base the server's base path
 * @param {(place: ClassTriggers["go"]) => void} ask
 */
export function createTravel(base, ask) {
  let timer = 0;
  return {
    /** @param {ClassTriggers["go"]} place */
    go(place) {
      const from = location.href;
      let asked = 0;

      function look() {
        if (asked && (location.href !== from || asked === MOST)) return; // it is there, or somewhere else
        if (asked && samePage(placeOf(location, base), place)) return;
        asked += 1;
        ask({ ...place, at: Date.now() });
        timer = setTimeout(look, AGAIN_MS);
      }

      clearTimeout(timer);
      queueMicrotask(look); // Python's listener is set after the subjects are made
    },
    end: () => clearTimeout(timer),
  };
}
