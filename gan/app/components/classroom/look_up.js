/** "Look up": the teacher dims all students' pages with one click, says why, and releases them with another one. */

/** @import { ClassPage, Subject } from "./main.js" */

import { h, setText } from "../shared/dom.js";
import { onPart } from "../shared/class_parts.js";
import { barButton } from "./teacher_bar.js";

/**
 * @param {ClassPage} page
 * @returns {Subject}
 */
export function createLookUp(page) {
  if (page.seat === "teacher") return ofTeacher(page);
  return page.seat === "student" ? ofStudent() : {};
}

/**
 * @param {ClassPage} page
 * @returns {Subject}
 */
function ofTeacher({ post }) {
  let on = false;
  const toggle = barButton("Look up", "Dim all students' pages, until you press it again",
    () => post("look-up", { sentence: on ? null : sentence.value }));
  const sentence = h("input", { class: "lg-field lg-class-sentence", type: "text", maxlength: 120,
    placeholder: "Look up, please.", "aria-label": "What students read when they look up" });
  sentence.addEventListener("change", () => on && post("look-up", { sentence: sentence.value }));
  const end = onPart("lead", (lead) => {
    on = (lead?.look_up ?? null) !== null;
    toggle.press(on);
    sentence.hidden = !on;
    if (lead?.look_up && document.activeElement !== sentence) sentence.value = lead.look_up;
  });
  return { bar: [toggle.el, sentence], destroy: end };
}

/** @returns {Subject} */
function ofStudent() {
  /** @type {string | null} */
  let sentence = null;
  const text = h("p", { class: "lg-look-up-text" });
  const dialog = h("dialog", { class: "lg-look-up", "aria-label": "Look up" }, text);

  function show() {
    setText(text, sentence ?? "");
    if (sentence !== null && !dialog.open && dialog.isConnected) dialog.showModal();
    if (sentence === null) dialog.close();
  }

  dialog.addEventListener("cancel", (event) => event.preventDefault()); // the teacher releases it
  dialog.addEventListener("close", show); // a second Escape closes it whatever a page says
  const end = onPart("lead", (lead) => {
    sentence = lead?.look_up ?? null;
    queueMicrotask(show); // at first it is no part of the page yet
  });
  return { over: [dialog], destroy: end };
}
