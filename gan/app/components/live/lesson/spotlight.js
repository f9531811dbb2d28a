/** Lights the parts of the page that a step of a lesson points at. */

/** @type {Record<string, string>} where each part of `PARTS` in gan/lessons/lesson.py is */
const SELECTORS = {
  start: ".lg-transport .lg-primary",
  presets: ".lg-presets",
  knobs: ".lg-knobs",
  ratio: ".lg-ratio",
  charts: ".lg-charts",
  losses: ".lg-charts-head",
  accuracies: ".lg-charts-mid",
  images: ".lg-grid",
  filmstrip: ".lg-filmstrip",
  compare: ".lg-compare",
  quality: ".lg-quality",
  game: "#lg-view-tab-game",
  inside: "#lg-view-tab-inside",
  "step through": "#lg-view-tab-step",
};
const LIT = "lg-watched";

/** @param {string} part a part, or the name of a knob */
export const selectorOf = (part) => SELECTORS[part] ?? `[data-knob="${CSS.escape(part)}"]`;

/**
 * Light these parts and no others.
 * @param {HTMLElement} root
 * @param {string[]} parts
 */
export function spotlight(root, parts) {
  const lit = new Set(parts.flatMap((part) => [...root.querySelectorAll(selectorOf(part))]));
  for (const el of root.querySelectorAll(`.${LIT}`)) if (!lit.has(el)) el.classList.remove(LIT);
  for (const el of lit) {
    if (el.classList.contains(LIT)) continue;
    el.classList.add(LIT);
    const folded = el.closest("details");
    if (folded) folded.open = true;
  }
}
