/** Lines over both charts at single batches: the moment that the page shows, and where two runs part. */

import { h, setText } from "../../shared/dom.js";

/**
 * @typedef {{ batch: number, label: string } | null} Place
 * @typedef {{ left: number, right: number, top: number, bottom: number }} Area of the charts, in pixels
 */

/** @param {"cursor" | "fork"} kind */
function line(kind) {
  const rule = h("i");
  const flag = h("b");
  const el = h("div", { class: `lg-line lg-line-${kind}`, hidden: true }, rule, flag);
  return {
    el,
    /**
     * @param {Place} place
     * @param {(batch: number) => number} toPixel
     * @param {Area} area
     */
    draw(place, toPixel, { left, right, top, bottom }) {
      const x = place ? toPixel(place.batch) : Number.NaN;
      el.hidden = !(x >= left - 0.5 && x <= right + 0.5);
      if (el.hidden || !place) return;
      rule.style.cssText = `left:${x}px; top:${top}px; height:${bottom - top}px`;
      setText(flag, place.label);
      const half = flag.offsetWidth / 2;
      flag.style.left = `${Math.max(left, Math.min(x - half, right - 2 * half))}px`;
    },
  };
}

/** The overlay of one pair of charts. */
export function createBatchLines() {
  const cursor = line("cursor");
  const fork = line("fork");
  return {
    el: h("div", { class: "lg-lines", "aria-hidden": "true" }, fork.el, cursor.el),
    /**
     * @param {{ cursor: Place, fork: Place }} places
     * @param {(batch: number) => number} toPixel
     * @param {Area} area
     */
    draw(places, toPixel, area) {
      cursor.draw(places.cursor, toPixel, area);
      fork.draw(places.fork, toPixel, area);
    },
  };
}
