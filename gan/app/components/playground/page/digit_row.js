/** The digits (or classes) to choose from, by click or key; each button shows the image in focus as that digit. */

import { button, h, setAttr, setText } from "../../shared/dom.js";
import { createImageQueue } from "../engine/image_queue.js";
import { oneHot } from "../engine/labels.js";
import { stack } from "../engine/vectors.js";
import { namesFor, wordFor } from "../state/digit.js";
import { createPixelCanvas } from "../widgets/pixel_canvas.js";

/** @import { Focus, Frame, Page } from "../types.d.ts" */

const TYPED_INTO = "input:not([type=range], [type=checkbox]), select, textarea, [contenteditable]";

/**
 * @param {Page} page
 * @param {(digit: number) => void} choose
 */
export function createDigitRow(page, choose) {
  const title = h("h2", { class: "lg-title" });
  const hint = h("span", { class: "lg-muted lg-aside" });
  const list = h("div", { class: "lg-digit-list", role: "group" });
  const el = h("section", { class: "lg-card lg-digit-row", hidden: true },
    h("div", { class: "lg-card-head" }, title, hint), list);
  const pictures = createPictures(page);
  /** @type {number[]} */
  let labels = [];
  /** @type {ReturnType<typeof createDigit>[]} */
  let digits = [];
  let listed = "";

  /** @param {Frame} frame */
  function arrange({ model }) {
    labels = model.labels ?? [];
    el.hidden = labels.length === 0;
    const names = namesFor(page.classNames, model);
    const wanted = `${labels} ${names}`;
    if (wanted === listed) return;
    listed = wanted;
    const word = wordFor(names);
    setText(title, word === "digit" ? "Digit" : "Class");
    setText(hint, "Choose what the images show, or press its key.");
    setAttr(el, "aria-label", `Choose a ${word}`);
    setAttr(list, "aria-label", word === "digit" ? "Digits" : "Classes");
    setAttr(list, "data-named", word === "class");
    digits = labels.map((digit) => createDigit(digit, names[digit], word, () => choose(digit)));
    list.replaceChildren(...digits.map((each) => each.el));
    pictures.forget();
  }

  const deaf = listenToKeys((digit) => labels.includes(digit) && choose(digit));
  return {
    el,
    /**
     * @param {Frame} frame
     * @param {Focus | null} focus
     */
    update(frame, focus) {
      arrange(frame);
      if (!frame.label) return;
      const label = focus?.label ?? frame.label;
      digits.forEach((each, i) => each.share(label[labels[i]]));
      if (focus) pictures.draw(frame, focus.z, labels, digits);
    },
    destroy: deaf,
  };
}

/**
 * @param {number} digit
 * @param {string} name
 * @param {"digit" | "class"} word
 * @param {() => void} onclick
 */
function createDigit(digit, name, word, onclick) {
  const picture = createPixelCanvas("lg-digit-image");
  picture.el.setAttribute("aria-hidden", "true");
  const number = h("b", { text: String(digit) });
  const el = button({ class: "lg-digit", "aria-label": word === "digit" ? `Digit ${digit}` : `Class ${digit}, ${name}`,
    title: `${name} (key ${digit})`, onclick },
  picture.el, word === "digit" ? number : h("span", { class: "lg-digit-name" }, number, ` ${name}`));
  return {
    el,
    show: picture.show,
    /** @param {number} share of the label, from 0 to 1 */
    share(share) {
      el.style.setProperty("--lg-share", String(share));
      setAttr(el, "aria-pressed", share === 1 ? "true" : "false");
    },
  };
}

/**
 * The image in focus as each digit.
 * @param {Page} page
 */
function createPictures(page) {
  const queue = createImageQueue(page.engine, page.say);
  /** @type {Float32Array | null} */
  let z = null;
  let key = "";

  return {
    forget() {
      z = null;
    },
    /**
     * @param {Frame} frame
     * @param {Float32Array} next
     * @param {number[]} labels
     * @param {ReturnType<typeof createDigit>[]} digits
     */
    draw({ model, dropout }, next, labels, digits) {
      const wanted = `${model.key} ${dropout}`;
      if (z === next && key === wanted) return;
      [z, key] = [next, wanted];
      const options = { dropout, label: stack(labels.map(oneHot)), outputs: false };
      queue.ask(model, stack(labels.map(() => next)), options, ({ pixels }) =>
        digits.forEach((each, i) => each.show(pixels, i, model.side)));
    },
  };
}

/**
 * Keys 0 to 9, wherever the focus is, unless something is typed there.
 * @param {(digit: number) => void} pressed
 * @returns {() => void} ends it
 */
function listenToKeys(pressed) {
  /** @param {KeyboardEvent} event */
  function onKey({ target, key, ctrlKey, metaKey, altKey }) {
    if (!/^\d$/.test(key) || ctrlKey || metaKey || altKey) return;
    if (!(target instanceof Element) || target.closest(TYPED_INTO)) return;
    pressed(Number(key));
  }
  document.addEventListener("keydown", onKey);
  return () => document.removeEventListener("keydown", onKey);
}
