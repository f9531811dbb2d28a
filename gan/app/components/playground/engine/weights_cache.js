/** The weights that have been fetched: each file once, the latest used ones kept in memory. */

import { readModel, withDiscriminatorOf } from "./model.js";
import { fetchEpochs, fetchWeights } from "./server_api.js";

/** @import { Epoch } from "../types.d.ts" */
/** @import { Model } from "./engine.js" */
/** @import { Loaded } from "./model.js" */

/** @typedef {Loaded & {tag: string}} Kept */

const CAPACITY = 256 * 2 ** 20; // bytes kept, besides the browser's own cache; the default networks take 0.9 MB

/**
 * @param {string} base
 * @param {(loaded: Loaded) => void} dropped called with what is no longer kept
 */
export function createWeightsCache(base, dropped) {
  const store = createStore(dropped);
  /** @type {Map<string, Promise<Loaded>>} */
  const underWay = new Map();
  let raw = false;

  /**
   * @param {string} run
   * @param {Epoch} epoch
   * @param {number | string} version
   * @returns {Promise<Loaded>} the same for all who ask while it is under way
   */
  function get(run, epoch, version) {
    const key = `${run}@${version}:${epoch}${raw ? ":raw" : ""}`;
    const found = store.get(key);
    if (found && epoch !== "latest") {
      store.keep(key, found);
      return Promise.resolve(found);
    }
    const asked = underWay.get(key);
    if (asked) return asked;
    const loading = load(key, run, epoch, version).finally(() => underWay.delete(key));
    underWay.set(key, loading);
    return loading;
  }

  /**
   * @param {string} key
   * @param {string} run
   * @param {Epoch} epoch
   * @param {number | string} version
   */
  async function load(key, run, epoch, version) {
    const answer = await fetchWeights(base, run, epoch, version);
    const tag = answer.headers.get("ETag") ?? "";
    const before = store.get(key);
    if (before && tag && before.tag === tag) { // nothing has changed since
      answer.body?.cancel();
      store.keep(key, before);
      return before;
    }
    let loaded = readModel(await answer.arrayBuffer(), { run, version, asked: epoch, tag, raw });
    if (!loaded.model.hasDiscriminator) {
      loaded = withDiscriminatorOf(loaded, await newestDiscriminator(loaded.model, version));
    }
    store.keep(key, { ...loaded, tag });
    return loaded;
  }

  /**
   * The newest epoch that kept its discriminator, or null.
   * @param {Model} model
   * @param {number | string} version
   */
  async function newestDiscriminator({ run, epoch }, version) {
    const epochs = await fetchEpochs(base, run);
    const newest = epochs.findLast((each) => each.discriminator);
    return newest && newest.epoch !== epoch ? get(run, newest.epoch, version) : null;
  }

  return {
    get,
    /** @param {boolean} wanted from now on, the generator as it was trained, and not its average */
    setRaw(wanted) {
      raw = wanted;
    },
  };
}

/**
 * A store of bounded size, which drops what was not used for longest.
 * @param {(loaded: Loaded) => void} dropped
 */
function createStore(dropped) {
  /** @type {Map<string, Kept>} the longest unused first */
  const kept = new Map();
  return {
    /** @param {string} key */
    get: (key) => kept.get(key),
    /**
     * @param {string} key
     * @param {Kept} loaded used just now
     */
    keep(key, loaded) {
      const before = kept.get(key);
      kept.delete(key);
      kept.set(key, loaded);
      if (before && before !== loaded) dropped(before);
      let size = [...kept.values()].reduce((sum, { bytes }) => sum + bytes, 0);
      for (const [oldest, each] of kept) {
        if (size <= CAPACITY || each === loaded) break;
        kept.delete(oldest);
        dropped(each);
        size -= each.bytes;
      }
    },
  };
}
