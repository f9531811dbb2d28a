/** What is wrong with a field, told at the field and in red, over what stands below it: nothing moves. */

import { h, setAttr, setText } from "./dom.js";

const EDGE = 8; // px between what is said and the edge of the screen
let made = 0;

/**
 * @param {HTMLInputElement} field
 * @returns {{el: HTMLElement, say: (sentence: string) => void}} `el` holds the field; `say` with "" takes it back
 */
export function withError(field) {
  const id = `lg-field-error-${++made}`;
  const error = h("p", { class: "lg-field-error", id, role: "alert" });
  return {
    el: h("span", { class: "lg-field-box" }, field, error),
    say(sentence) {
      setText(error, sentence);
      error.style.translate = "";
      const over = sentence ? error.getBoundingClientRect().right + EDGE - innerWidth : 0;
      if (over > 0) error.style.translate = `${-over}px`; // into view: a field may stand at the right edge of a phone
      setAttr(field, "aria-invalid", sentence ? "true" : null);
      setAttr(field, "aria-describedby", sentence ? id : null);
    },
  };
}
