/** Tells other parts of the page, such as a lesson's card, what the student has answered to the class's question. */

/**
 * @typedef {object} ClassChoice
 * @property {string} ask
 * @property {string[]} choices
 * @property {number} choice
 */

/** @type {Set<(answer: ClassChoice) => void>} */
const listeners = new Set();

/** @param {ClassChoice} answer one that was taken */
export function tellAnswer(answer) {
  for (const listener of listeners) listener(answer);
}

/**
 * @param {(answer: ClassChoice) => void} listener
 * @returns {() => void} ends it
 */
export function onAnswer(listener) {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}
