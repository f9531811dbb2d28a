/** The weights that have been fetched: each file once, the latest used ones kept in memory. */

import { judgedBy, readModel } from "./model.js";
import { askForEpochs, askForWeights } from "./serverApi.js";

const ROOM = 256 * 2 ** 20; // bytes of weights kept beside the browser's own cache; the default networks take 0.9 MB

/** @typedef {import("./model.js").Loaded} Loaded */

/**
 * @param {string} base
 * @param {(loaded: Loaded) => void} dropped called with what is no longer kept
 */
export function createWeightsCache(base, dropped) {
  /** @type {Map<string, Loaded & {tag: string}>} the longest unused first */
  const kept = new Map();
  /** @type {Map<string, Promise<Loaded>>} */
  const underWay = new Map();
  let raw = false;

  /**
   * @param {string} run
   * @param {number|"latest"} epoch
   * @param {number|string} version
   * @returns {Promise<Loaded>} the same for all who ask while it is under way
   */
  function get(run, epoch, version) {
    const place = `${run}@${version}:${epoch}${raw ? ":raw" : ""}`;
    const found = kept.get(place);
    if (found && epoch !== "latest") {
      keep(place, found);
      return Promise.resolve(found);
    }
    if (!underWay.has(place)) {
      const loading = load(place, run, epoch, version).finally(() => underWay.delete(place));
      underWay.set(place, loading);
    }
    return underWay.get(place);
  }

  async function load(place, run, epoch, version) {
    const answer = await askForWeights(base, run, epoch, version);
    const tag = answer.headers.get("ETag") ?? "";
    const before = kept.get(place);
    if (before && tag && before.tag === tag) { // nothing has changed since
      answer.body?.cancel();
      keep(place, before);
      return before;
    }
    let loaded = readModel(await answer.arrayBuffer(), { run, version, asked: epoch, tag, raw });
    if (!loaded.model.hasDiscriminator) loaded = judgedBy(loaded, await judge(loaded.model, version));
    keep(place, { ...loaded, tag });
    return loaded;
  }

  /** The newest epoch that kept its discriminator, or null. */
  async function judge({ run, epoch }, version) {
    const epochs = await askForEpochs(base, run);
    const newest = epochs.findLast((each) => each.discriminator);
    return newest && newest.epoch !== epoch ? get(run, newest.epoch, version) : null;
  }

  function keep(place, loaded) {
    const before = kept.get(place);
    kept.delete(place);
    kept.set(place, loaded);
    if (before && before !== loaded) dropped(before);
    let size = [...kept.values()].reduce((sum, { bytes }) => sum + bytes, 0);
    for (const [oldest, each] of kept) {
      if (size <= ROOM || each === loaded) break;
      kept.delete(oldest);
      dropped(each);
      size -= each.bytes;
    }
  }

  return {
    get,
    /** @param {boolean} wanted from now on, the generator as it was trained, and not its average */
    setRaw: (wanted) => (raw = wanted),
  };
}
