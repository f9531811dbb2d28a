/** How points become picks, and cease to be. */

import { MOST_PICKS, letter } from "./state.js";

/** @param {object} page what all parts of the page share, see main.js */
export function createPicks(page) {
  const { state } = page;

  const same = (one, other) => one.id === other.id || (one.seed !== null && one.seed === other.seed);
  const indexOf = (point) => state.picks.findIndex((pick) => same(pick, point));

  /** A sample was clicked: it joins the picks (see `join`), or leaves them. */
  function choose(point) {
    page.look(null);
    const already = indexOf(point);
    if (already < 0 || state.selected !== null) return join(point);
    state.picks = state.picks.filter((_, i) => i !== already);
    page.say("");
  }

  /** Another pick, in the place of the selected one if there is one. */
  function join(point) {
    const selected = state.picks.findIndex((pick) => pick.id === state.selected);
    const already = indexOf(point);
    if (already >= 0) return page.say(`This is pick ${letter(already)} already.`);
    if (selected < 0 && state.picks.length >= MOST_PICKS) return page.say(`There are ${MOST_PICKS} picks already; remove one first.`);
    if (selected >= 0) replace(selected, point);
    else state.picks = [...state.picks, point];
    page.say("");
  }

  /** The new pick takes the old one's name, and its place in Arithmetic. */
  function replace(index, point) {
    const { id } = state.picks[index];
    state.picks = state.picks.with(index, point);
    for (const set of Object.keys(state.sum)) state.sum[set] = state.sum[set].map((each) => (each === id ? point.id : each));
    state.selected = null;
  }

  /** Pick samples until there are so many picks. */
  function fill(wanted, samples) {
    const free = samples.filter((point) => indexOf(point) < 0);
    state.picks = [...state.picks, ...free.slice(0, wanted - state.picks.length)];
    page.touch();
  }

  return { choose, join, fill };
}
