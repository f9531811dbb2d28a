/** What students see of a league until its end: a field of the teacher's. */

import { h } from "../shared/dom.js";

const SEEN = /** @type {const} */ ([
  ["show", "the table"], ["own", "only their own place"], ["hide", "nothing until the end"],
]);

/** @typedef {typeof SEEN[number][0]} Seen */

/**
 * @param {{ hidden: boolean, own: boolean }} league
 * @returns {Seen}
 */
export const seenOf = ({ hidden, own }) => (!hidden ? "show" : own ? "own" : "hide");

/** @param {(seen: Seen) => void} [changed] */
export function createSeen(changed) {
  const field = h("select", { class: "lg-field" }, ...SEEN.map(([value, text]) => h("option", { value, text })));
  const seen = () => /** @type {Seen} */ (field.value);
  field.addEventListener("change", () => changed?.(seen()));
  return {
    el: h("label", { class: "lg-league-field" }, h("span", { text: "Students see" }), field),
    /** What opens a league in which they see it. */
    fields: () => ({ hidden: seen() !== "show", own: seen() === "own" }),
    /** @param {Seen} value */
    set(value) {
      field.value = value;
    },
  };
}
