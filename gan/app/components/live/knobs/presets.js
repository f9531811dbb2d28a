/** The presets as chips; the one whose values are all set is marked. */

import { button, h, isBlocked, setAttr, setBlocked, setText } from "../../shared/dom.js";

/** Presets whose name or promise is about digits, for other images. */
const ELSEWHERE = { sharp: { label: "Sharp images", note: "That was measured with MNIST's digits." } };

/**
 * @typedef {{name: string, label: string, meaning: string, values: Record<string, number>, fixed: Record<string, any>,
 *   draft: Record<string, any>}} Preset
 *   `values`: live knobs; `fixed`: others that make the preset what it is; `draft`: all that any preset sets, as it
 *   stands in a draft of this one
 */

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
    /** @param {import("../welcome/welcome.js").Dataset} dataset that the page is about */
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
    disable(reason) {
      for (const chip of chips) setBlocked(chip, reason);
    },
  };
}
