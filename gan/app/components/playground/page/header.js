/** The header: which run and epoch are shown, dropout, and what leads out of the page. */

import { button, h, icon, setAttr, setText } from "../../shared/dom.js";
import { count } from "../../shared/format.js";
import { steadySlider } from "../../shared/gestures.js";
import { word } from "../../shared/states.js";

/** @import { RunSummary } from "../../types.d.ts" */
/** @import { Epoch, ModelSource, PageState } from "../types.d.ts" */

const LINK = "M6.5 9.5l3-3M7 4.5l1.3-1.3a3 3 0 0 1 4.3 4.3L11.3 8.8M9 11.5l-1.3 1.3a3 3 0 0 1-4.3-4.3l1.3-1.3";
const COPIED_MS = 1600;

/**
 * @typedef {object} HeaderActions
 * @property {(name: string, epoch: Epoch) => void} open
 * @property {(on: boolean) => void} dropout
 * @property {(on: boolean) => void} raw
 * @property {() => Promise<string>} link copies the address and returns what to say
 */

/**
 * @param {HeaderActions} act
 * @param {Node} save the menu
 */
export function createHeader(act, save) {
  const message = h("p", { class: "lg-message lg-muted", role: "status" });
  const run = createRunChoice((name) => act.open(name, "latest"));
  const epoch = createEpochSlider((wanted) => act.open(run.value(), wanted));
  const weights = createWeightsChoice(act.raw);
  const dropout = h("input", { type: "checkbox", role: "switch", class: "lg-switch" });
  dropout.addEventListener("change", () => act.dropout(dropout.checked));

  return {
    el: h("header", { class: "lg-top" },
      h("div", { class: "lg-top-line" },
        h("div", { class: "lg-top-title" }, h("h1", { class: "lg-name", text: "Playground" }), message),
        h("div", { class: "lg-top-acts" }, createCopyButton(act.link), save)),
      h("div", { class: "lg-choices" }, run.el, run.badge, epoch.el, weights.el,
        h("label", { class: "lg-choice" }, dropout, h("span", { text: "Dropout", "data-word": "dropout" })))),

    /**
     * @param {ModelSource} source
     * @param {PageState} state
     * @param {string} sentence
     */
    update(source, state, sentence) {
      run.update(source);
      epoch.update(source);
      weights.update(source, state);
      if (dropout.checked !== state.dropout) dropout.checked = state.dropout;
      setText(message, sentence);
    },
  };
}

/** @param {() => Promise<string>} link */
function createCopyButton(link) {
  const text = h("span", { class: "lg-copy-text", text: "Copy link" });
  const title = "Copy a link that opens exactly this";
  return button({ class: "lg-button", title, async onclick() {
    setText(text, await link());
    setTimeout(() => setText(text, "Copy link"), COPIED_MS);
  } }, icon(LINK), text);
}

/** @param {(name: string) => void} chosen */
function createRunChoice(chosen) {
  const run = h("select", { class: "lg-select", "aria-label": "Run" });
  const badge = h("span", { class: "lg-badge", role: "status" });
  let listed = "";
  run.addEventListener("change", () => chosen(run.value));

  /** @param {ModelSource} source */
  function list({ runs: all, name: shown }) {
    const runs = all.map(({ name, title }) => ({ name, title }));
    if (shown !== null && !runs.some(({ name }) => name === shown)) runs.unshift({ name: shown, title: shown });
    const wanted = JSON.stringify(runs);
    if (wanted === listed) return;
    listed = wanted;
    run.replaceChildren(...runs.map(({ name, title }) => h("option", { value: name, text: title })));
  }

  return {
    el: h("label", { class: "lg-choice" }, h("span", { class: "lg-muted", text: "Run" }), run),
    badge,
    value: () => run.value,
    /** @param {ModelSource} source */
    update(source) {
      list(source);
      if (source.name !== null && run.value !== source.name) run.value = source.name;
      const now = source.run();
      setText(badge, now ? word(now.state) : "");
      setAttr(badge, "data-state", now?.state);
    },
  };
}

/** @param {(epoch: Epoch) => void} chosen */
function createEpochSlider(chosen) {
  const slider = h("input", { type: "range", min: 0, max: 0, value: 0, "aria-label": "Epoch" });
  const shown = h("output", { class: "lg-epoch-shown" });
  /** @type {Epoch[]} */
  let stops = ["latest"];
  steadySlider(slider);
  slider.addEventListener("input", () => chosen(stops[Number(slider.value)]));

  return {
    el: h("label", { class: "lg-choice lg-choice-epoch" },
      h("span", { class: "lg-muted", text: "Epoch", "data-word": "epoch" }), slider, shown),
    /**
     * The kept epochs, and last the newest weights.
     * @param {ModelSource} source
     */
    update(source) {
      const { kept, epoch } = source;
      const now = source.run();
      const before = kept.filter((each) => now === null || each.batch < now.batch || each.epoch === epoch);
      stops = [...before.map((each) => each.epoch), "latest"];
      const at = Math.max(0, stops.indexOf(epoch));
      const last = stops.length - 1;
      setAttr(slider, "max", last);
      if (slider.value !== String(at)) slider.value = String(at);
      slider.disabled = last === 0;
      slider.style.setProperty("--lg-fill", String(last ? at / last : 1));
      const text = epochText(source, now);
      setText(shown, text);
      setAttr(slider, "aria-valuetext", text);
    },
  };
}

/**
 * "5 of 100"; "newest, batch 1,234"; "newest, 100 of 100"
 * @param {ModelSource} source
 * @param {RunSummary | null} run
 */
function epochText({ epoch, model }, run) {
  const of = run?.epochs ? ` of ${count(run.epochs)}` : "";
  if (epoch !== "latest") return `${count(epoch)}${of}`;
  if (!model) return "";
  return run?.state === "running" ? `newest, batch ${count(model.batch)}` : `newest, ${count(model.epoch)}${of}`;
}

/** @param {(raw: boolean) => void} chosen */
function createWeightsChoice(chosen) {
  const weights = h("select", { class: "lg-select", "aria-label": "Weights" },
    h("option", { value: "averaged", text: "averaged" }), h("option", { value: "raw", text: "raw" }));
  const el = h("label", { class: "lg-choice" },
    h("span", { class: "lg-muted", text: "Weights", "data-word": "ema" }), weights);
  weights.addEventListener("change", () => chosen(weights.value === "raw"));
  return {
    el,
    /**
     * @param {ModelSource} source
     * @param {PageState} state
     */
    update({ model }, { raw }) {
      el.hidden = !model?.bothKept;
      const value = raw ? "raw" : "averaged";
      if (weights.value !== value) weights.value = value;
    },
  };
}
