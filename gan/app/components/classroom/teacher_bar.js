/** The teacher's bar: one slim line of buttons on every page, and a sentence if something was refused. */

import { button, h, setAttr, setText } from "../shared/dom.js";

export function createTeacherBar() {
  const buttons = h("div", { class: "lg-class-buttons" });
  const told = h("p", { class: "lg-class-told", role: "alert", hidden: true });
  return {
    el: h("div", { class: "lg-class-bar", role: "toolbar", "aria-label": "Lead the class" }, buttons, told),
    /** @param {HTMLElement[]} more */
    add: (more) => buttons.append(...more),
    /** @param {string} sentence "" for none */
    say(sentence) {
      setText(told, sentence);
      told.hidden = sentence === "";
    },
  };
}

/**
 * A button of the bar, which may be on or off.
 * @param {string} text
 * @param {string} title what it does, in a sentence
 * @param {() => unknown} act
 */
export function barButton(text, title, act) {
  const el = button({ class: "lg-button lg-small lg-quiet lg-class-button", text, title, onclick: act });
  return {
    el,
    /** @param {boolean} on */
    press: (on) => setAttr(el, "aria-pressed", String(on)),
    /** @param {string} other */
    label: (other) => setText(el, other),
  };
}
