/** Small controls that several tools share. */

import { button, h, icon, setAttr, setText } from "../../shared/dom.js";
import { steadySlider } from "../../shared/gestures.js";

const PLAY = "M4.5 2.5v11l9-5.5z";
const PAUSE = "M5 3v10M11 3v10";

/** A button that plays and stops. `set` only shows; `onclick` decides. */
export function createPlay(onclick) {
  const glyph = h("span", { class: "lg-glyph" }, icon(PLAY));
  const text = h("span", { class: "lg-play-text", text: "Play" });
  const el = button({ class: "lg-button lg-small lg-play-button", onclick }, glyph, text);
  let shown = false;
  return {
    el,
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
 * @param {(x: number) => string} words
 * @param {(x: number) => void} moved
 */
export function createRange(label, { min, max, step = 1 }, words, moved) {
  const input = h("input", { type: "range", min, max, step, "aria-label": label });
  const shown = h("output", { class: "lg-range-shown" });
  steadySlider(input);
  input.addEventListener("input", () => moved(Number(input.value)));
  return {
    el: h("label", { class: "lg-range" }, h("span", { class: "lg-muted", text: label }), input, shown),
    input,
    set(x) {
      const text = String(x);
      if (input.value !== text) input.value = text;
      input.style.setProperty("--lg-fill", (x - min) / (max - min));
      setText(shown, words(x));
      setAttr(input, "aria-valuetext", words(x));
    },
  };
}

/**
 * One of a few choices, side by side.
 * @param {string} label
 * @param {[string, string][]} choices value and text
 * @param {(value: string) => void} chosen
 */
export function createChoice(label, choices, chosen) {
  const buttons = choices.map(([value, text]) => [value, button({ class: "lg-segment", text, onclick: () => chosen(value) })]);
  return {
    el: h("div", { class: "lg-segments", role: "group", "aria-label": label }, ...buttons.map(([, el]) => el)),
    set: (value) => buttons.forEach(([each, el]) => setAttr(el, "aria-pressed", each === value ? "true" : "false")),
  };
}

/** A switch with its name. */
export function createSwitch(label, title, changed) {
  const input = h("input", { type: "checkbox", role: "switch", class: "lg-switch" });
  input.addEventListener("change", () => changed(input.checked));
  return {
    el: h("label", { class: "lg-switch-label", title }, input, h("span", { text: label })),
    set: (on) => input.checked !== on && (input.checked = on),
  };
}

/** What a tool shows while there are not enough picks: how many it needs, and a way to have them at once. */
export function createInvitation(sentence, fill) {
  return h("div", { class: "lg-invitation" },
    h("p", { text: sentence }),
    button({ class: "lg-button lg-primary", text: "Pick for me", onclick: fill }));
}
