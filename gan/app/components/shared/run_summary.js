/** What lists of runs show: the small last image, the badge and the words about a run. */

/** @import { RunSummary } from "../types.d.ts" */

import { h, setAttr, setText } from "./dom.js";
import { count } from "./format.js";
import { retryImage } from "./retry_image.js";
import { currentEpoch, word } from "./states.js";

const FRESH_MS = 5000; // a running run's small image is fetched again at most this often

/** In these states a run has been written to disk as it is. */
const AT_REST = new Set(["paused", "stopped", "interrupted", "finished", "elsewhere"]);

/**
 * Whether there is an image: that of an epoch is there before the next one's first batch, others come with a rest.
 * @param {RunSummary} run
 */
function hasImage({ batch, batches, epoch, epochs, state }) {
  return (epoch > 0 && batch * epochs > epoch * batches) || (batch > 0 && AT_REST.has(state));
}

/**
 * @param {string} base the server's base path
 * @param {number} side in pixels
 */
export function createThumbnail(base, side) {
  const el = h("span", { class: "lg-thumb", style: `width:${side}px; height:${side}px` });
  /** @type {HTMLImageElement | null} */
  let coming = null; // the next image, which lies unseen over the one before until it is there
  let shown = -1;
  let fetched = -Infinity;

  function createNext() {
    const image = retryImage(h("img", { alt: "", width: side, height: side, loading: "lazy" }));
    image.addEventListener("load", () => {
      el.replaceChildren(image);
      coming = null;
    }, { once: true });
    el.append(image);
    return image;
  }

  return {
    el,
    /** @param {RunSummary} run */
    update(run) {
      if (!hasImage(run) || run.batch === shown) return;
      if (run.state === "running" && performance.now() - fetched < FRESH_MS) return;
      shown = run.batch;
      fetched = performance.now();
      coming ??= createNext();
      coming.src = `${base}/api/runs/${encodeURIComponent(run.name)}/grids/latest.png?b=${run.batch}`;
    },
  };
}

/**
 * @param {HTMLElement} el
 * @param {RunSummary} run
 */
export function showBadge(el, run) {
  setAttr(el, "data-state", run.state);
  setText(el, word(run.state));
}

/**
 * The epoch in training and how many there will be: 3 / 100.
 * @param {RunSummary} run
 */
export function epochsOf(run) {
  return run.epochs ? `${count(currentEpoch(run, run.batches / run.epochs))} / ${count(run.epochs)}` : "–";
}

/**
 * The page of a run.
 * @param {string} base the server's base path
 * @param {string} name of the run
 */
export const linkTo = (base, name) => `${base}/?run=${encodeURIComponent(name)}`;
