/** Slow motion: how many batches a second a run may train at most. */

import { value } from "../../shared/format.js";
import { h, setAttr } from "../../shared/dom.js";

export const OFFERED = [0, 50, 20, 10, 5, 2, 1];
const MEANING = "Slow motion: train at most so many batches a second";

/** @param {number} x */
const inWords = (x) => (x === 0 ? "Full speed" : `${value(x)} batch${x === 1 ? "" : "es"}/s`);

/** @param {number} x */
const option = (x) => h("option", { value: x, text: inWords(x) });

/** @param {(x: number) => void} choose */
export function createSpeedLimit(choose) {
  const el = h("select", { class: "lg-select", title: MEANING, "aria-label": "Speed" }, ...OFFERED.map(option));
  let other = option(0); // a value that was set elsewhere and is not offered
  el.addEventListener("change", () => choose(Number(el.value)));
  return {
    el,
    /** @param {number} x */
    set(x) {
      if (el.value === String(x)) return;
      other.remove();
      if (!OFFERED.includes(x)) {
        other = option(x);
        el.append(other);
      }
      el.value = String(x);
    },
    /** @param {string | null} reason why it cannot be chosen */
    disable(reason) {
      el.disabled = reason !== null;
      setAttr(el, "title", reason ?? MEANING);
    },
  };
}
