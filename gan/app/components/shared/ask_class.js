/**
 * Lets a part of the page ask the class a question that it has ready. Style sheets show what does so where the page can
 * ask: there the document has the attribute `data-lg-asks`.
 */

/** @typedef {(question: object) => Promise<string | null>} Asker asks it; one sentence if it was refused */

/** @type {Asker | null} */
let asker = null;

/** @param {Asker | null} next null: this page cannot ask */
export function setAsker(next) {
  asker = next;
  document.documentElement.toggleAttribute("data-lg-asks", next !== null);
}

/** @type {Asker} */
export const askClass = (question) => asker?.(question) ?? Promise.resolve("Only a teacher's page can ask the class.");
