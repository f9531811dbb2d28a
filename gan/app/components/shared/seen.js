/** Whether anybody can see the page: nobody while its tab is hidden, or while something covers all of it. */

let covers = 0;
/** @type {Set<() => void>} */
const listeners = new Set();

function tell() {
  for (const listener of listeners) listener();
}

export const isCovered = () => covers > 0;

export const isSeen = () => !document.hidden && !isCovered();

/**
 * Something covers the page, which then costs nothing: its parts draw nothing, and the browser lays nothing of it out.
 * @returns {() => void} it no longer does
 */
export function cover() {
  let there = true;
  const change = (/** @type {number} */ by) => {
    covers += by;
    document.documentElement.toggleAttribute("data-covered", isCovered());
    tell();
  };
  change(1);
  return () => {
    if (there) change(-1);
    there = false;
  };
}

/**
 * Call `listener` whenever something begins or ends to cover the page.
 * @param {() => void} listener
 * @returns {() => void} ends it
 */
export function onCover(listener) {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}

/**
 * Call `listener` whenever the page may have come into sight, or gone out of it.
 * @param {() => void} listener
 * @returns {() => void} ends it
 */
export function onSeen(listener) {
  document.addEventListener("visibilitychange", listener);
  const end = onCover(listener);
  return () => {
    document.removeEventListener("visibilitychange", listener);
    end();
  };
}
