/**
 * What is going on in the class, part by part, as the server tells every page of it (gan/server/class_channel.py). It
 * comes along with the list of runs.
 */

/** @import { ClassParts } from "../types.d.ts" */

/** @type {Map<string, unknown>} */
const values = new Map();
/** @type {Map<string, Set<(value: any) => void>>} */
const listeners = new Map();

/**
 * A part has come.
 * @param {{ part: string, value: unknown }} message
 */
export function takePart({ part, value }) {
  values.set(part, value);
  for (const listener of listeners.get(part) ?? []) listener(value);
}

/**
 * Call `listener` with a part of the class: at once, if it is known, and whenever it changes. Null: there is none now.
 * @template {keyof ClassParts} Part
 * @param {Part} part
 * @param {(value: ClassParts[Part] | null) => void} listener
 * @returns {() => void} ends it
 */
export function onPart(part, listener) {
  const all = listeners.get(part) ?? new Set();
  listeners.set(part, all.add(listener));
  if (values.has(part)) listener(/** @type {ClassParts[Part] | null} */ (values.get(part)));
  return () => {
    all.delete(listener);
  };
}
