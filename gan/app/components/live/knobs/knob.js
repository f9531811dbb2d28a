/** One knob: its label, its help, a slider and a field to type in. */

/** @import { Knob } from "../../types.d.ts" */

import { h, setAttr, setText } from "../../shared/dom.js";
import { createScale, fieldText, inWords, readTyped } from "./scale.js";
import { createSlider } from "./slider.js";

let made = 0;

/**
 * A question mark that shows a text on hover and on focus.
 * @param {string} id of the text
 * @param {string} text
 */
export function help(id, text) {
  return h("span", { class: "lg-help", tabindex: 0, role: "note", "aria-label": text },
    h("span", { "aria-hidden": "true", text: "?" }),
    h("span", { class: "lg-tip", id, text }),
  );
}

/** @typedef {ReturnType<typeof createKnob>} KnobControl */

/**
 * @param {Knob} knob
 * @param {{ preview: (x: number) => void, commit: (x: number) => void }} on
 * @param {string} [tone] "g", "d" or none
 */
export function createKnob(knob, on, tone = "") {
  const id = `lg-knob-${++made}`;
  const typing = createField(knob, id, on);
  const slider = createSlider({
    label: knob.label,
    scale: createScale(knob),
    describedby: `${id}-tip`,
    shown: (x) => inWords(knob, x),
    preview(x) {
      typing.clear();
      on.preview(x);
    },
    commit: on.commit,
  });
  return {
    el: h("div", { class: `lg-knob ${tone ? `lg-tone-${tone}` : ""}`, "data-knob": knob.name },
      h("div", { class: "lg-knob-head" },
        h("span", { class: "lg-knob-label", text: knob.label, "data-word": knob.name }),
        help(`${id}-tip`, knob.meaning),
        typing.field,
      ),
      slider.el,
      typing.error,
    ),
    held: () => slider.held() || typing.editing(),
    /** @param {number} x */
    set(x) {
      slider.set(x);
      typing.set(x);
    },
    fail: typing.fail,
    /** @param {string | null} reason why it cannot be turned */
    disable(reason) {
      slider.disable(reason);
      typing.field.disabled = reason !== null;
      setAttr(typing.field, "title", reason);
    },
  };
}

/**
 * The field to type a value in, and what is wrong with that.
 * @param {Knob} knob
 * @param {string} id
 * @param {{ preview: (x: number) => void, commit: (x: number) => void }} on
 */
function createField(knob, id, on) {
  const field = h("input", { class: "lg-field", type: "text", inputmode: "decimal", autocomplete: "off",
    spellcheck: "false", "aria-label": `${knob.label} (typed)`, "aria-errormessage": `${id}-error` });
  const error = h("p", { class: "lg-error", id: `${id}-error`, role: "alert" });
  let current = Number.NaN;
  let editing = false;

  /** @param {string} sentence */
  function fail(sentence) {
    setText(error, sentence);
    setAttr(field, "aria-invalid", sentence ? "true" : null);
    setAttr(field, "aria-describedby", sentence ? `${id}-error` : null);
  }

  function typed() {
    if (!editing) return;
    editing = false;
    const answer = readTyped(knob, field.value);
    field.value = fieldText(knob, current);
    if ("error" in answer) return fail(answer.error);
    fail("");
    if (answer.value === current) return;
    on.preview(answer.value);
    on.commit(answer.value);
  }

  field.addEventListener("input", () => (editing = true));
  field.addEventListener("change", typed);
  field.addEventListener("focus", () => field.select());
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter") typed();
    if (event.key !== "Escape") return;
    editing = false;
    field.value = fieldText(knob, current);
  });
  return {
    field,
    error,
    fail,
    /** What was wrong is out of date. */
    clear: () => setText(error, ""),
    editing: () => editing,
    /** @param {number} x */
    set(x) {
      current = x;
      const text = fieldText(knob, x);
      if (!editing && field.value !== text) field.value = text;
    },
  };
}
