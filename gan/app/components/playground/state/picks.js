/** How points become picks, and cease to be. */

import { MOST_PICKS, letter } from "./state.js";

/** @import { Page, Point } from "../types.d.ts" */

/** @param {Pick<Page, "state" | "say" | "preview" | "requestDraw">} page */
export function createPicks({ state, say, preview, requestDraw }) {
  /** @param {Point} point */
  const indexOf = (point) => state.picks.findIndex((pick) => same(pick, point));

  /**
   * A sample was clicked: it joins the picks (see `add`), or leaves them.
   * @param {Point} point
   */
  function toggle(point) {
    preview(null);
    const already = indexOf(point);
    if (already < 0 || state.selected !== null) return add(point);
    state.picks = state.picks.filter((_, i) => i !== already);
    say("");
  }

  /**
   * Another pick, in the place of the selected one if there is one.
   * @param {Point} point
   */
  function add(point) {
    const selected = state.picks.findIndex((pick) => pick.id === state.selected);
    const already = indexOf(point);
    if (already >= 0) return say(`This is pick ${letter(already)} already.`);
    if (selected < 0 && state.picks.length >= MOST_PICKS) {
      return say(`There are ${MOST_PICKS} picks already; remove one first.`);
    }
    if (selected >= 0) replace(selected, point);
    else state.picks = [...state.picks, point];
    say("");
  }

  /**
   * The new pick takes the old one's name, and its place in Arithmetic.
   * @param {number} index
   * @param {Point} point
   */
  function replace(index, point) {
    const { id } = state.picks[index];
    /** @param {number[]} ids */
    const renewed = (ids) => ids.map((each) => (each === id ? point.id : each));
    const { plus, minus, start } = state.terms;
    state.picks = state.picks.with(index, point);
    state.terms = { plus: renewed(plus), minus: renewed(minus), start: renewed(start) };
    state.selected = null;
  }

  /**
   * Picks samples until there are as many picks as wanted.
   * @param {number} wanted
   * @param {Point[]} samples
   */
  function fill(wanted, samples) {
    const free = samples.filter((point) => indexOf(point) < 0);
    state.picks = [...state.picks, ...free.slice(0, wanted - state.picks.length)];
    requestDraw();
  }

  return { toggle, add, fill };
}

/**
 * @param {Point} one
 * @param {Point} other
 */
function same(one, other) {
  return one.id === other.id || (one.seed !== null && one.seed === other.seed);
}
