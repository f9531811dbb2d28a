/** Pictures that are asked for again when they did not arrive. */

import { onServerBack, serverLost } from "./server_notice.js";

const FIRST_WAIT = 1000; // ms
const LONGEST_WAIT = 60_000;

/**
 * Load a picture again if it fails: after a while, a little longer each time, and as soon as the server is back.
 * Until it is there, it is not seen.
 * @param {HTMLImageElement} image
 * @returns {HTMLImageElement} the same
 */
export function retryImage(image) {
  let wait = FIRST_WAIT;
  let timer = 0;
  /** @type {(() => void) | null} */
  let end = null;

  function rest() {
    clearTimeout(timer);
    end?.();
    end = null;
  }

  function again() {
    rest();
    const { isConnected, src } = image;
    if (isConnected) image.src = src;
  }

  image.addEventListener("load", () => {
    rest();
    wait = FIRST_WAIT;
    image.style.visibility = "visible";
  });
  image.addEventListener("error", () => {
    rest();
    image.style.visibility = "hidden";
    end = onServerBack(again);
    if (serverLost()) return;
    timer = setTimeout(again, wait);
    wait = Math.min(LONGEST_WAIT, 2 * wait);
  });
  return image;
}
