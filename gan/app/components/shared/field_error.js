/** What is wrong with a field, told in red, in a place that its page keeps free for it: nothing moves. */

import { h, setAttr, setText } from "./dom.js";

let made = 0;

/**
 * @param {HTMLInputElement} field
 * @returns {{ el: HTMLElement, say: (sentence: string) => void }} `el` shows what is said; `say` with "" takes it back
 */
export function withError(field) {
  const id = `lg-field-error-${++made}`;
  const error = h("p", { class: "lg-field-error", id, role: "alert" });
  return {
    el: error,
    say(sentence) {
      setText(error, sentence);
      setAttr(error, "title", sentence || null); // a long one may be cut
      setAttr(field, "aria-invalid", sentence ? "true" : null);
      setAttr(field, "aria-describedby", sentence ? id : null);
    },
  };
}
