/** Sentences whose terms say what they mean (see words.js): "A {logit|logit} is one number" marks its second word. */

import { h } from "./dom.js";

const TERM = /\{([\w-]+)\|([^}]+)\}/;

/** What an element says now, so that a term that is open is not replaced. @type {WeakMap<HTMLElement, string>} */
const said = new WeakMap();

/**
 * The parts of a sentence, in turn text, a term's name, and the term as it stands in the sentence.
 * @param {string} sentence
 */
export const partsOf = (sentence) => sentence.split(TERM);

/**
 * @param {string} sentence
 * @returns {(string | HTMLElement)[]}
 */
export function withTerms(sentence) {
  const parts = partsOf(sentence);
  const found = parts.map((part, i) => (i % 3 === 1 ? term(part, parts[i + 1]) : i % 3 === 0 ? part : ""));
  return found.filter((part) => part !== "");
}

/**
 * @param {HTMLElement} el
 * @param {string} sentence
 */
export function setTextWithTerms(el, sentence) {
  if (said.get(el) === sentence) return;
  said.set(el, sentence);
  el.replaceChildren(...withTerms(sentence));
}

/**
 * @param {string} name one of the words of the app
 * @param {string} text
 */
function term(name, text) {
  return h("span", { class: "lg-term lg-term-within", "data-word": name, tabindex: 0,
    "aria-describedby": "lg-word-box", text });
}
