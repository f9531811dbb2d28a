/** Lines over both charts at single batches: where the page looks at the past, and where two runs part. */

import { h, setText } from "../../shared/dom.js";

/** @typedef {{batch: number, label: string}|null} Place */

function line(kind) {
  const rule = h("i");
  const flag = h("b", {});
  const el = h("div", { class: `lg-line lg-line-${kind}`, hidden: true }, rule, flag);
  return {
    el,
    /** @param {Place} place */
    draw(place, toPixel, { left, right, top, bottom }) {
      const x = place ? toPixel(place.batch) : Number.NaN;
      el.hidden = !(x >= left - 0.5 && x <= right + 0.5);
      if (el.hidden) return;
      rule.style.cssText = `left:${x}px; top:${top}px; height:${bottom - top}px`;
      setText(flag, place.label);
      const half = flag.offsetWidth / 2;
      flag.style.left = `${Math.max(left, Math.min(x - half, right - 2 * half))}px`;
    },
  };
}

/** The overlay of one pair of charts. */
export function createBatchLines() {
  const parts = { cursor: line("cursor"), fork: line("fork") };
  return {
    el: h("div", { class: "lg-lines", "aria-hidden": "true" }, parts.fork.el, parts.cursor.el),
    /**
     * @param {{cursor: Place, fork: Place}} places
     * @param {(batch: number) => number} toPixel
     * @param {{left: number, right: number, top: number, bottom: number}} area of the charts, in pixels
     */
    draw(places, toPixel, area) {
      for (const [kind, part] of Object.entries(parts)) part.draw(places[kind], toPixel, area);
    },
  };
}
