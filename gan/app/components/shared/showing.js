/**
 * What a page shows beyond its run, so that a teacher's page can tell it and a student's can show the same: each part
 * of a page says how.
 */

/** @import { PlaceParts } from "../types.d.ts" */

/**
 * @template Value
 * @typedef {{ now: () => Value, show: (value: Value) => boolean }} Shown `show` says whether it could
 */

/** @type {Map<string, Shown<any>>} */
const parts = new Map();

/**
 * @template {keyof PlaceParts} Part
 * @param {Part} part
 * @param {Shown<PlaceParts[Part]>} shown
 * @returns {() => void} the part has gone
 */
export function shows(part, shown) {
  parts.set(part, shown);
  return () => {
    if (parts.get(part) === shown) parts.delete(part);
  };
}

/**
 * A part of the page, if it is there.
 * @template {keyof PlaceParts} Part
 * @param {Part} part
 * @returns {Shown<PlaceParts[Part]> | null}
 */
export const showing = (part) => parts.get(part) ?? null;
