/** The presets as chips; the one whose values are all set is marked. */

/** @import { LiveData, Preset } from "../../types.d.ts" */

import { button, h, isBlocked, setAttr, setBlocked, setText } from "../../shared/dom.js";

/**
 * Presets whose name or promise is about digits, for other images.
 * @type {Record<string, { label: string, note: string }>}
 */
const ELSEWHERE = { sharp: { label: "Sharp images", note: "That was measured with MNIST's digits." } };

/**
 * @param {Preset[]} presets
 * @param {(preset: Preset) => void} choose
 */
export function createPresets(presets, choose) {
  const chips = presets.map((preset) =>
    button({ class: "lg-chip", title: preset.meaning, text: preset.label, onclick: () => choose(preset) }));
  return {
    el: h("div", { class: "lg-presets", role: "group", "aria-label": "Presets" },
      h("span", { class: "lg-muted", text: "Presets" }), ...chips),
    /**
     * @param {Record<string, unknown>} shown all settings as the page shows them
     * @param {LiveData["dataset"]} dataset that the page is about
     */
    update(shown, dataset) {
      presets.forEach((preset, i) => {
        const set = Object.entries(preset.draft).every(([name, x]) => String(shown[name]) === String(x));
        const other = dataset.name === "mnist" ? undefined : ELSEWHERE[preset.name];
        setText(chips[i], other?.label ?? preset.label);
        chips[i].dataset.title = other ? `${preset.meaning} ${other.note}` : preset.meaning;
        if (!isBlocked(chips[i])) setAttr(chips[i], "title", chips[i].dataset.title);
        setAttr(chips[i], "aria-pressed", String(set));
      });
    },
    /** @param {string | null} reason why none can be chosen */
    disable(reason) {
      for (const chip of chips) setBlocked(chip, reason);
    },
  };
}
