/** One pick: a click selects it, dragging and keys move or remove it. */

import { button, h } from "../../shared/dom.js";
import { createDrag } from "../../shared/gestures.js";
import { createPixelCanvas } from "../widgets/pixel_canvas.js";

/** @import { Page, Point } from "../types.d.ts" */
/** @import { PickChanges } from "./pick_list.js" */

/** @typedef {ReturnType<typeof createPickCell>} PickCell */

const FAR = 8; // px that a mouse moves before it drags

/**
 * @param {Page} page
 * @param {Point} pick
 * @param {HTMLElement} row of all picks
 * @param {PickChanges} change
 */
export function createPickCell(page, pick, row, { shift, drop, choose }) {
  const picture = createPixelCanvas("lg-cell-image");
  const badge = h("span", { class: "lg-letter" });
  const el = button({ class: "lg-sample lg-pick", onclick: () => el.dataset.dragged || choose(pick) },
    picture.el, badge);
  picture.el.setAttribute("aria-hidden", "true");
  el.addEventListener("keydown", (event) => {
    const at = page.state.picks.indexOf(pick);
    if (event.key === "Delete" || event.key === "Backspace") drop(at);
    else if (event.key === "ArrowLeft" && event.altKey) shift(at, at - 1);
    else if (event.key === "ArrowRight" && event.altKey) shift(at, at + 1);
    else return;
    event.preventDefault();
  });
  reorderByDragging(page, pick, el, row, shift);
  return { el, badge, show: picture.show };
}

/**
 * A pick changes places with the one that it is pulled over.
 * @param {Page} page
 * @param {Point} pick
 * @param {HTMLElement} el its cell
 * @param {HTMLElement} row
 * @param {(from: number, to: number) => void} shift
 */
function reorderByDragging({ state, requestDraw }, pick, el, row, shift) {
  /** @type {Point[]} */
  let before = [];
  const done = () => void setTimeout(() => delete el.dataset.dragged); // after the click that follows
  createDrag(el, {
    begin() {
      before = state.picks;
      el.dataset.dragged = "1";
    },
    move(x, y) {
      const over = [...row.children].findIndex((other) => {
        const box = other.getBoundingClientRect();
        return x > box.left && x < box.right && y > box.top && y < box.bottom;
      });
      const at = state.picks.indexOf(pick);
      if (over >= 0 && over !== at) shift(at, over);
    },
    end: done,
    cancel() {
      state.picks = before;
      requestDraw();
      done();
    },
  }, FAR);
}
