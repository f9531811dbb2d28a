/** Which warning stands in which place: none jumps, and each stays long enough to be read. */

/** @import { Warning } from "../../types.d.ts" */

export const SLOTS = 2;
export const READING = 6000; // ms that a warning stays at least

/** @typedef {{ warning: Warning, since: number } | null} Slot `since`: when it came, in ms */

/**
 * The places as they are to be now.
 * @param {Slot[]} before
 * @param {Warning[]} warnings that stand, the gravest first
 * @param {number} now in ms
 * @returns {Slot[]}
 */
export function arrange(before, warnings, now) {
  const slots = before.map((slot) => {
    const still = warnings.find(({ name }) => name === slot?.warning.name);
    if (slot && still) return { ...slot, warning: still };
    return slot && now - slot.since < READING ? slot : null;
  });
  for (const warning of warnings) {
    const free = slots.indexOf(null);
    if (free >= 0 && !slots.some((slot) => slot?.warning.name === warning.name)) slots[free] = { warning, since: now };
  }
  return slots;
}
