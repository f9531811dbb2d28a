/** The source of the reference step, with the lines of one stage lit. */

import { button, h, setAttr, setText } from "../../../shared/dom.js";

/**
 * @param {string} source
 * @param {number} from the number of the first line to show, from 1
 */
export function createCodePane(source, from) {
  const lines = source.trimEnd().split("\n").slice(from - 1).map((text, i) =>
    h("span", { class: "lg-step-line", "data-comment": text.trim().startsWith("#") },
      h("i", { text: String(from + i), "aria-hidden": "true" }), `${text}\n`));
  const code = h("code", {}, ...lines);
  const pane = h("pre",
    { class: "lg-step-source", tabindex: 0, role: "region", "aria-label": "reference_step.py" }, code);
  const fold = button({ class: "lg-button lg-small lg-quiet lg-step-fold", onclick: () => open(!whole) });
  let whole = false;

  /** @param {boolean} now */
  function open(now) {
    whole = now;
    setAttr(pane, "data-whole", whole);
    setAttr(fold, "aria-expanded", String(whole));
    setText(fold, whole ? "Only the lit lines" : "Whole code");
  }

  open(false);
  return {
    el: h("div", { class: "lg-step-code" },
      h("div", { class: "lg-step-file" }, h("code", { text: "gan/training/reference_step.py" }), fold), pane),
    /** @param {number[]} numbers of lines */
    light(numbers) {
      const lit = new Set(numbers);
      lines.forEach((line, i) => {
        setAttr(line, "data-lit", lit.has(from + i));
        setAttr(line, "aria-current", lit.has(from + i) ? "step" : null);
      });
      if (!numbers.length) return; // whoever changed the algorithm has no such line
      const first = lines[Math.min(...numbers) - from];
      const last = lines[Math.max(...numbers) - from];
      if (first && last) { // moves the pane alone, never the page
        pane.scrollTop = (first.offsetTop + last.offsetTop + last.offsetHeight - pane.clientHeight) / 2;
      }
    },
  };
}
