/** Loads the pictures of epochs; where they are wanted faster than they arrive, some are left out. */

import { onServerBack } from "../../shared/server_notice.js";

const AHEAD = 3; // pictures fetched before they are wanted, while one follows the other

/**
 * @param {(epoch: number) => string} urlOf
 * @param {(epoch: number, image: HTMLImageElement) => void} show called with each picture that is here and still wanted
 */
export function createEpochPictures(urlOf, show) {
  /** @type {Map<number, HTMLImageElement>} */
  const ahead = new Map(); // pictures on their way
  /** @type {number | null} */
  let wanted = null;
  /** @type {{ epoch: number, image: HTMLImageElement } | null} */
  let shown = null;
  let loading = false;
  const unwatch = onServerBack(() => {
    if (shown?.epoch !== wanted) loadWanted();
  });

  /** @param {number} epoch */
  function load(epoch) {
    const image = ahead.get(epoch) ?? new Image();
    if (!image.src) image.src = urlOf(epoch);
    ahead.delete(epoch);
    return image;
  }

  /**
   * @param {number} from
   * @param {number} last
   */
  function prefetch(from, last) {
    for (const epoch of ahead.keys()) if (epoch < from || epoch >= from + AHEAD) ahead.delete(epoch);
    for (let epoch = from; epoch < Math.min(last + 1, from + AHEAD); epoch++) {
      if (!ahead.has(epoch)) ahead.set(epoch, load(epoch));
    }
  }

  async function loadWanted() {
    if (loading) return;
    loading = true;
    /** @type {number | null} */
    let epoch = null;
    while (wanted && epoch !== wanted) {
      epoch = wanted;
      const image = load(epoch);
      try {
        await image.decode();
      } catch {
        continue; // it is gone, or the server is; the picture before it stays
      }
      if (!wanted) continue;
      shown = { epoch, image };
      show(epoch, image);
    }
    loading = false;
  }

  return {
    /**
     * @param {number | null} epoch null or 0: none
     * @param {number | null} last the last epoch that there is, if the following ones will be wanted soon
     */
    want(epoch, last) {
      wanted = epoch;
      if (!epoch) {
        shown = null;
        return;
      }
      loadWanted();
      if (last !== null) prefetch(epoch + 1, last);
    },
    /** Show the picture that is here again. */
    present() {
      if (shown) show(shown.epoch, shown.image);
    },
    clear() {
      wanted = shown = null;
      ahead.clear();
    },
    destroy: unwatch,
  };
}
