/** Small controls that several tools share. */

import { button, h, icon, setAttr, setText } from "../../shared/dom.js";
import { steadySlider } from "../../shared/gestures.js";

const PLAY = "M4.5 2.5v11l9-5.5z";
const PAUSE = "M5 3v10M11 3v10";

/**
 * A button that plays and stops. `set` only shows; `onclick` decides.
 * @param {() => void} onclick
 */
export function createPlay(onclick) {
  const glyph = h("span", { class: "lg-glyph" }, icon(PLAY));
  const text = h("span", { class: "lg-play-text", text: "Play" });
  const el = button({ class: "lg-button lg-small lg-play-button", onclick }, glyph, text);
  let shown = false;
  return {
    el,
    /** @param {boolean} playing */
    set(playing) {
      if (playing === shown) return;
      shown = playing;
      glyph.replaceChildren(icon(playing ? PAUSE : PLAY));
      setText(text, playing ? "Stop" : "Play");
    },
  };
}

/**
 * A slider with its name and its value in words.
 * @param {string} label
 * @param {{min: number, max: number, step?: number}} range
 * @param {(x: number) => string} inWords
 * @param {(x: number) => void} moved
 */
export function createRange(label, { min, max, step = 1 }, inWords, moved) {
  const input = h("input", { type: "range", min, max, step, "aria-label": label });
  const shown = h("output", { class: "lg-range-shown" });
  steadySlider(input);
  input.addEventListener("input", () => moved(Number(input.value)));
  return {
    el: h("label", { class: "lg-range" }, h("span", { class: "lg-muted", text: label }), input, shown),
    input,
    /** @param {number} x */
    set(x) {
      const text = String(x);
      if (input.value !== text) input.value = text;
      input.style.setProperty("--lg-fill", String((x - min) / (max - min)));
      setText(shown, inWords(x));
      setAttr(input, "aria-valuetext", inWords(x));
    },
  };
}

/**
 * One of a few choices, in a row.
 * @param {string} label
 * @param {[value: string, text: string][]} choices
 * @param {(value: string) => void} chosen
 */
export function createChoice(label, choices, chosen) {
  const segments = choices.map(([value, text]) =>
    ({ value, el: button({ class: "lg-segment", text, onclick: () => chosen(value) }) }));
  return {
    el: h("div", { class: "lg-segments", role: "group", "aria-label": label }, ...segments.map(({ el }) => el)),
    /** @param {string} value */
    set(value) {
      for (const each of segments) setAttr(each.el, "aria-pressed", each.value === value ? "true" : "false");
    },
  };
}

/**
 * A switch with its name.
 * @param {string} label
 * @param {string} title
 * @param {(on: boolean) => void} changed
 */
export function createSwitch(label, title, changed) {
  const input = h("input", { type: "checkbox", role: "switch", class: "lg-switch" });
  input.addEventListener("change", () => changed(input.checked));
  return {
    el: h("label", { class: "lg-switch-label", title }, input, h("span", { text: label })),
    /** @param {boolean} on */
    set(on) {
      if (input.checked !== on) input.checked = on;
    },
  };
}

/**
 * A small button with an icon and no text.
 * @param {string} label
 * @param {string} path of the icon
 * @param {() => void} onclick
 * @param {string} name of further classes
 */
export function createIconButton(label, path, onclick, name = "") {
  const classes = `lg-button lg-small lg-square ${name}`.trim();
  return button({ class: classes, "aria-label": label, title: label, onclick }, icon(path));
}

/**
 * What a tool shows while there are not enough picks: how many it needs, and a button that picks them.
 * @param {string} sentence
 * @param {() => void} fill
 */
export function createInvitation(sentence, fill) {
  return h("div", { class: "lg-invitation" },
    h("p", { text: sentence }),
    button({ class: "lg-button lg-primary", text: "Pick for me", onclick: fill }));
}

/**
 * The direction of an arrow key, to the right and down; null for another key.
 * @param {string} key
 * @returns {[right: number, down: number] | null}
 */
export function arrowOf(key) {
  if (key === "ArrowLeft") return [-1, 0];
  if (key === "ArrowRight") return [1, 0];
  if (key === "ArrowUp") return [0, -1];
  return key === "ArrowDown" ? [0, 1] : null;
}
