/** The presets as chips, with the sentence of one; the one whose values are all set is marked. */

/** @import { LiveData, Preset } from "../../types.d.ts" */

import { button, h, isBlocked, setAttr, setBlocked, setText } from "../../shared/dom.js";

const NONE = "These settings are none of the presets.";
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
  const sentence = h("p", { class: "lg-preset-meaning lg-muted" });
  const meanings = presets.map((preset) => preset.meaning);
  /** The chip whose sentence is shown; null: the one that is set. @type {number | null} */
  let looked = null;
  let current = -1;
  const chips = presets.map((preset, i) =>
    button({ class: "lg-chip", title: preset.meaning, text: preset.label, onclick: () => choose(preset),
      onmouseenter: () => look(i), onfocus: () => look(i), onmouseleave: () => look(null),
      onblur: () => look(null) }));

  /** @param {number | null} next */
  function look(next) {
    looked = next;
    setText(sentence, meanings[looked ?? current] ?? NONE);
  }

  return {
    el: h("div", { class: "lg-presets", role: "group", "aria-label": "Presets" },
      h("span", { class: "lg-muted", text: "Presets" }), ...chips, sentence),
    /**
     * @param {Record<string, unknown>} shown all settings as the page shows them
     * @param {LiveData["dataset"]} dataset that the page is about
     */
    update(shown, dataset) {
      current = -1;
      presets.forEach((preset, i) => {
        const set = Object.entries(preset.draft).every(([name, x]) => String(shown[name]) === String(x));
        const other = dataset.name === "mnist" ? undefined : ELSEWHERE[preset.name];
        setText(chips[i], other?.label ?? preset.label);
        meanings[i] = other ? `${preset.meaning} ${other.note}` : preset.meaning;
        chips[i].dataset.title = meanings[i];
        if (set && current < 0) current = i;
        if (!isBlocked(chips[i])) setAttr(chips[i], "title", chips[i].dataset.title);
        setAttr(chips[i], "aria-pressed", String(set));
      });
      look(looked);
    },
    /** @param {string | null} reason why none can be chosen */
    disable(reason) {
      for (const chip of chips) setBlocked(chip, reason);
    },
  };
}
