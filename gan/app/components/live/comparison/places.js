/** Which place each of the runs has that are compared with the one on the page: its colour stays while others leave. */

import { RUN_COLORS } from "../charts/figure.js";

/** The most runs that are compared with one. */
export const MOST = RUN_COLORS.length;

/** @typedef {(string | null)[]} Places the names of runs; null: a place that was left */

/**
 * The places with one run more, in the first that is free; the same if none is.
 * @param {Places} places
 * @param {string} name
 * @returns {Places}
 */
export function added(places, name) {
  const free = [...places, null].indexOf(null);
  return free < MOST ? [...places.slice(0, free), name, ...places.slice(free + 1)] : places;
}

/**
 * @param {Places} places
 * @param {string} name
 * @returns {Places}
 */
export const removed = (places, name) => places.map((each) => (each === name ? null : each));

/**
 * Places of these runs, the first ones if they are too many, without the one on the page.
 * @param {string[]} wanted
 * @param {string} shown the run on the page
 * @returns {Places}
 */
export const placed = (wanted, shown) => [...new Set(wanted)].filter((name) => name !== shown).slice(0, MOST);

/**
 * Whether both name the same runs, in whatever order.
 * @param {Places} one
 * @param {Places} other
 */
export const sameRuns = (one, other) => [...one].sort().join("/") === [...other].sort().join("/");
