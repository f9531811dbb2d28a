/** The header: which run and epoch are shown, dropout, and what leads out of the page. */

import { button, h, icon, setAttr, setText } from "../../shared/dom.js";
import { count } from "../../shared/format.js";
import { steadySlider } from "../../shared/gestures.js";
import { word } from "../../shared/states.js";

const LINK = "M6.5 9.5l3-3M7 4.5l1.3-1.3a3 3 0 0 1 4.3 4.3L11.3 8.8M9 11.5l-1.3 1.3a3 3 0 0 1-4.3-4.3l1.3-1.3";

/**
 * @param {{open: (name: string, epoch: number|"latest") => void, dropout: (on: boolean) => void, raw: (on: boolean) => void,
 *   link: () => Promise<string>}} act `link` copies the address and returns what to say
 * @param {Node} save the menu
 */
export function createHeader(act, save) {
  const message = h("p", { class: "lg-message lg-muted", role: "status" });
  const run = h("select", { class: "lg-select", "aria-label": "Run" });
  const badge = h("span", { class: "lg-badge", role: "status" });
  const slider = h("input", { type: "range", min: 0, max: 0, value: 0, "aria-label": "Epoch" });
  const shown = h("output", { class: "lg-epoch-shown" });
  const dropout = h("input", { type: "checkbox", role: "switch", class: "lg-switch" });
  const weights = h("select", { class: "lg-select", "aria-label": "Weights" },
    h("option", { value: "averaged", text: "averaged" }), h("option", { value: "raw", text: "raw" }));
  const choice = h("label", { class: "lg-choice", title: "The running average of the generator's weights, or the weights as they were trained" },
    h("span", { class: "lg-muted", text: "Weights" }), weights);
  const copy = button({ class: "lg-button", title: "Copy a link that opens exactly this", async onclick() {
    setText(copyText, await act.link());
    setTimeout(() => setText(copyText, "Copy link"), 1600);
  } });
  const copyText = h("span", { class: "lg-copy-text", text: "Copy link" });
  copy.append(icon(LINK), copyText);
  let stops = ["latest"];
  let listed = "";

  run.addEventListener("change", () => act.open(run.value, "latest"));
  steadySlider(slider);
  slider.addEventListener("input", () => act.open(run.value, stops[Number(slider.value)]));
  weights.addEventListener("change", () => act.raw(weights.value === "raw"));
  dropout.addEventListener("change", () => act.dropout(dropout.checked));

  function list(source) {
    const runs = source.runs.map(({ name, title }) => ({ name, title }));
    if (source.name !== null && !runs.some(({ name }) => name === source.name)) runs.unshift({ name: source.name, title: source.name });
    const shown = JSON.stringify(runs);
    if (shown === listed) return;
    listed = shown;
    run.replaceChildren(...runs.map(({ name, title }) => h("option", { value: name, text: title })));
  }

  /** The kept epochs, and last the newest weights. */
  function placeSlider(source) {
    const { model, kept, epoch } = source;
    const now = source.run();
    const before = kept.filter((each) => now === null || each.batch < now.batch || each.epoch === epoch);
    stops = [...before.map((each) => each.epoch), "latest"];
    const at = Math.max(0, stops.indexOf(epoch));
    setAttr(slider, "max", stops.length - 1);
    if (slider.value !== String(at)) slider.value = String(at);
    slider.disabled = stops.length < 2;
    slider.style.setProperty("--lg-fill", stops.length > 1 ? at / (stops.length - 1) : 1);
    const of = now?.epochs ? ` of ${count(now.epochs)}` : "";
    const text = epoch !== "latest" ? `${count(epoch)}${of}`
      : now?.state === "running" && model ? `newest, batch ${count(model.batch)}`
      : model ? `newest, ${count(model.epoch)}${of}` : "";
    setText(shown, text);
    setAttr(slider, "aria-valuetext", text);
  }

  return {
    el: h("header", { class: "lg-top" },
      h("div", { class: "lg-top-line" },
        h("div", { class: "lg-top-title" }, h("h1", { class: "lg-name", text: "Playground" }), message),
        h("div", { class: "lg-top-acts" }, copy, save)),
      h("div", { class: "lg-choices" },
        h("label", { class: "lg-choice" }, h("span", { class: "lg-muted", text: "Run" }), run),
        badge,
        h("label", { class: "lg-choice lg-choice-epoch" }, h("span", { class: "lg-muted", text: "Epoch" }), slider, shown),
        choice,
        h("label", { class: "lg-choice", title: "On: hidden units fall silent at random, as in training. Off: as a trained network is used." },
          dropout, h("span", { text: "Dropout" })))),

    /** @param {ReturnType<typeof import("../state/modelSource.js").createModelSource>} source */
    update(source, state, sentence) {
      list(source);
      if (source.name !== null && run.value !== source.name) run.value = source.name;
      const now = source.run();
      setText(badge, now ? word(now.state) : "");
      setAttr(badge, "data-state", now?.state);
      placeSlider(source);
      choice.hidden = !source.model?.choice;
      if (weights.value !== (state.raw ? "raw" : "averaged")) weights.value = state.raw ? "raw" : "averaged";
      if (dropout.checked !== state.dropout) dropout.checked = state.dropout;
      setText(message, sentence);
    },
  };
}
