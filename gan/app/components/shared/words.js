/** Terms on the page that say what they mean: `data-word` opens one sentence on hover, focus and tap. */

/** @import { Words } from "../types.d.ts" */

import { h, setAttr, setText } from "./dom.js";
import { placeBy } from "./place_by.js";

const PATIENCE = 250; // ms between leaving a term and closing, in which the pointer may reach the link

/**
 * @param {HTMLElement} root
 * @param {Words} words
 * @param {string} base
 */
export function explainWords(root, words, base) {
  const title = h("b");
  const sentence = h("span");
  const more = h("a", { target: "_blank", text: "More" });
  const box = h("div", { class: "lg-explains lg-word-box", popover: "manual", role: "tooltip", id: "lg-word-box" },
    title, sentence, more);
  let timer = 0;
  /** The term whose sentence is shown, or was last. @type {HTMLElement | null} */
  let shown = null;
  root.append(box);
  markTerms(root, words);

  /** @param {Event} event */
  function termOf(event) {
    const el = event.target instanceof Element ? event.target.closest(".lg-term") : null;
    return el instanceof HTMLElement ? el : null;
  }

  /** @param {Event} event */
  function open(event) {
    const el = termOf(event);
    if (el || box.contains(/** @type {Node} */ (event.target))) clearTimeout(timer);
    if (!el) return;
    shown = el;
    const word = words[el.dataset.word ?? ""];
    setText(title, word.title);
    setText(sentence, word.sentence);
    setAttr(more, "href", `${base}/words#${word.anchor}`);
    if (!box.matches(":popover-open")) box.showPopover();
    placeBy(box, el);
  }

  function close() {
    clearTimeout(timer);
    if (box.matches(":popover-open")) box.hidePopover();
  }

  function scrolled() {
    if (shown && box.matches(":popover-open")) placeBy(box, shown);
  }

  function leave() {
    clearTimeout(timer);
    timer = setTimeout(close, PATIENCE);
  }

  /** @param {Event} event */
  function outside(event) {
    if (!termOf(event) && !box.contains(/** @type {Node} */ (event.target))) close();
  }

  /** @param {KeyboardEvent} event */
  function key(event) {
    if (event.key === "Escape") close();
  }

  for (const kind of ["mouseover", "focusin", "click"]) root.addEventListener(kind, open);
  for (const kind of ["mouseout", "focusout"]) root.addEventListener(kind, leave);
  document.addEventListener("pointerdown", outside, true);
  document.addEventListener("keydown", key);
  addEventListener("scroll", scrolled, true);
  return {
    destroy() {
      close();
      document.removeEventListener("pointerdown", outside, true);
      document.removeEventListener("keydown", key);
      removeEventListener("scroll", scrolled, true);
    },
  };
}

/**
 * Marks the terms that have a sentence.
 * @param {HTMLElement} root
 * @param {Words} words
 */
function markTerms(root, words) {
  for (const el of root.querySelectorAll("[data-word]")) {
    if (!words[el.getAttribute("data-word") ?? ""]) continue;
    el.classList.add("lg-term");
    if (!el.matches(".lg-knob-label")) setAttr(el, "tabindex", 0); // the question mark beside it says its meaning
    setAttr(el, "aria-describedby", "lg-word-box");
  }
}
