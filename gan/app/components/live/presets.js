/** The presets as chips; the one whose values are all set is marked. */

import { button, h, setAttr, setBlocked } from "../shared/dom.js";

/**
 * @param {{name: string, label: string, meaning: string, values: Record<string, number>}[]} presets
 * @param {(values: Record<string, number>) => void} choose
 */
export function createPresets(presets, choose) {
  const chips = presets.map((preset) =>
    button({ class: "lg-chip", title: preset.meaning, text: preset.label, onclick: () => choose(preset.values) }));
  return {
    el: h("div", { class: "lg-presets", role: "group", "aria-label": "Presets" },
      h("span", { class: "lg-muted", text: "Presets" }), ...chips),
    update(shown) {
      presets.forEach((preset, i) => {
        const set = Object.entries(preset.values).every(([name, x]) => shown[name] === x);
        setAttr(chips[i], "aria-pressed", String(set));
      });
    },
    disable(reason) {
      for (const chip of chips) setBlocked(chip, reason);
    },
  };
}
