/** The keys for what one does in front of a class, as a list over the page: "?" shows and closes it. */

/** @import { ClassPage, Subject } from "./main.js" */

import { button, h } from "../shared/dom.js";
import { barButton } from "./teacher_bar.js";
import { isForPage } from "./typing.js";

/** @type {[keys: string[], does: string][]} */
const KEYS = [
  [["P"], "present, and return; Escape returns, too"],
  [["Space"], "train or pause; in a replay, play or pause"],
  [["S"], "train one batch"],
  [["-", "+"], "slower, faster"],
  [["E"], "next epoch, when you look back at a run"],
  [["N"], "next step of the lesson"],
  [["?"], "this list"],
];

/**
 * @param {ClassPage} page
 * @returns {Subject}
 */
export function createKeysHelp({ seat }) {
  if (seat === "student") return {};
  const rows = KEYS.flatMap(([keys, does]) =>
    [h("dt", {}, ...keys.map((text) => h("kbd", { text }))), h("dd", { text: does })]);
  const close = button({ class: "lg-button lg-small lg-quiet", text: "Close", onclick: () => dialog.close() });
  const dialog = h("dialog", { class: "lg-keys", "aria-label": "Keys" },
    h("div", { class: "lg-keys-head" }, h("h2", { class: "lg-title", text: "Keys" }), close),
    h("dl", {}, ...rows),
    h("p", { class: "lg-muted", text: "P and ? work at any time, the others while you present." }));
  const open = barButton("?", "Keys for what you do in front of a class (?)", () => dialog.showModal());

  /** @param {KeyboardEvent} event */
  function onKey(event) {
    if (event.key !== "?" || !(dialog.open || isForPage(event))) return;
    event.preventDefault();
    if (dialog.open) dialog.close();
    else dialog.showModal();
  }

  document.addEventListener("keydown", onKey);
  return { bar: [open.el], over: [dialog], destroy: () => document.removeEventListener("keydown", onKey) };
}
