/** The strip of thumbnails: it holds those in view and a few more at both sides, however many there are. */

import { button, h, setAttr } from "../../shared/dom.js";
import { count } from "../../shared/format.js";
import { retryImage } from "../../shared/retry_image.js";

const CELL = 76; // px from one thumbnail to the next
const SPARE = 3; // thumbnails at each side of those in view

/** @param {(epoch: number) => void} pick */
export function createStrip(pick) {
  const reel = h("div", { class: "lg-reel" });
  const el = h("div", { class: "lg-strip", tabindex: -1 }, reel);
  const cells = createCells(reel, pick);
  let total = 0;
  let following = true; // the end of the strip is in view, and stays there

  function build() {
    const first = Math.floor(el.scrollLeft / CELL) - SPARE;
    const last = Math.ceil((el.scrollLeft + el.clientWidth) / CELL) + SPARE;
    cells.build(Math.max(1, first), Math.min(total, last));
  }

  function toEnd() {
    el.scrollLeft = el.scrollWidth;
    following = true;
  }

  /** @param {number} epoch */
  function reveal(epoch) {
    const left = (epoch - 1) * CELL;
    if (left < el.scrollLeft || left + CELL > el.scrollLeft + el.clientWidth) {
      el.scrollLeft = left - el.clientWidth / 2 + CELL / 2;
    }
  }

  el.addEventListener("scroll", () => {
    following = el.scrollLeft + el.clientWidth > el.scrollWidth - CELL / 2;
    requestAnimationFrame(build);
  }, { passive: true });
  const resized = new ResizeObserver(() => {
    const chosen = cells.chosen();
    if (chosen) reveal(chosen);
    else if (following) toEnd();
    build();
  });
  resized.observe(el);

  return {
    el,
    reveal,
    toEnd,
    mark: cells.mark,
    /**
     * @param {number} epochs how many there are
     * @param {(epoch: number) => string} address of the pictures
     */
    resize(epochs, address) {
      total = epochs;
      cells.setAddress(address);
      reel.style.width = `${total * CELL}px`;
    },
    /** Keep the end in view, unless the user has chosen or scrolled. */
    follow() {
      if (following && cells.chosen() === null) toEnd();
      build();
    },
    clear() {
      following = true;
      total = 0;
      cells.clear();
    },
    destroy: () => resized.disconnect(),
  };
}

/**
 * The thumbnails that there are.
 * @param {HTMLElement} reel
 * @param {(epoch: number) => void} pick
 */
function createCells(reel, pick) {
  /** @type {Map<number, HTMLElement>} */
  const cells = new Map();
  /** @type {(epoch: number) => string} */
  let address = () => "";
  /** @type {number | null} */
  let chosen = null;
  return {
    chosen: () => chosen,
    /** @param {(epoch: number) => string} next */
    setAddress: (next) => (address = next),
    /**
     * Have those of these epochs, and no others.
     * @param {number} first
     * @param {number} last
     */
    build(first, last) {
      for (const [epoch, cell] of cells) {
        if (epoch >= first && epoch <= last) continue;
        cell.remove();
        cells.delete(epoch);
      }
      for (let epoch = first; epoch <= last; epoch++) {
        if (cells.has(epoch)) continue;
        const cell = thumbnail(epoch, address(epoch), epoch === chosen, pick);
        cells.set(epoch, cell);
        reel.append(cell);
      }
    },
    /** @param {number | null} epoch that is chosen */
    mark(epoch) {
      chosen = epoch;
      for (const [each, cell] of cells) setAttr(cell, "aria-current", each === epoch ? "true" : null);
    },
    clear() {
      cells.clear();
      reel.replaceChildren();
    },
  };
}

/**
 * @param {number} epoch
 * @param {string} src
 * @param {boolean} chosen
 * @param {(epoch: number) => void} pick
 */
function thumbnail(epoch, src, chosen, pick) {
  return button({ class: "lg-cell", style: `left:${(epoch - 1) * CELL}px`, tabindex: -1, "aria-label": `Epoch ${epoch}`,
    "aria-current": chosen ? "true" : null, onclick: () => pick(epoch) },
    retryImage(h("img", { src, alt: "", width: 68, height: 68, loading: "lazy" })), h("span", { text: count(epoch) }));
}
