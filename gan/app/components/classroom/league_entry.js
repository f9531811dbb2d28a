/** What a student enters a league with: the knobs that are free, and a button that starts the run. */

/** @import { League, LeagueKnob } from "../types.d.ts" */
/** @import { ClassPage } from "./main.js" */

import { button, h, setText } from "../shared/dom.js";
import { numberOf } from "../shared/numbers.js";
import { SILENCE } from "./post.js";

/**
 * The value of a field as the server takes it; undefined: it is as the league has it.
 * @param {LeagueKnob} knob
 * @param {string} typed
 */
export function valueOf(knob, typed) {
  const text = typed.trim();
  if (text === "" || text === shownValue(knob)) return undefined;
  const number = numberOf(text);
  return (knob.kind === "float" || knob.kind === "int") && Number.isFinite(number) ? number : text;
}

/** @param {LeagueKnob} knob */
const shownValue = ({ value }) => (Array.isArray(value) ? value.join(", ") : String(value));

/**
 * @param {ClassPage} page
 * @param {() => void} leave closes the dialog
 */
export function createEntryForm({ base, go }, leave) {
  const fields = h("div", { class: "lg-league-fields" });
  const told = h("p", { class: "lg-league-told", role: "alert" });
  const start = button({ class: "lg-button lg-primary", text: "Enter the league", onclick: enter });
  const el = h("div", { class: "lg-league-form" }, fields, told, start);
  /** @type {{ knob: LeagueKnob, input: HTMLInputElement | HTMLSelectElement }[]} */
  let inputs = [];
  let made = "";

  async function enter() {
    const typed = inputs.map(({ knob, input }) => [knob.name, valueOf(knob, input.value)]);
    const values = Object.fromEntries(typed.filter(([, value]) => value !== undefined));
    const answer = await started(base, values);
    setText(told, answer.error ?? "");
    if (!answer.name) return;
    leave();
    go({ page: "train", run: answer.name, lesson: null, at: Date.now() });
  }

  return {
    el,
    /** @param {League} league */
    show(league) {
      el.hidden = league.ended;
      const key = JSON.stringify(league.free);
      if (key === made) return; // or what is typed would be lost
      made = key;
      inputs = league.free.map((knob) => ({ knob, input: createInput(knob) }));
      fields.replaceChildren(...inputs.map(({ knob: { label, meaning, unit }, input }) =>
        h("label", { class: "lg-league-field", title: meaning },
          h("span", { text: unit ? `${label} (${unit})` : label }), input)));
    },
  };
}

/** @param {LeagueKnob} knob */
function createInput(knob) {
  if (knob.kind !== "choice") {
    const mode = knob.kind === "float" ? "decimal" : knob.kind === "int" ? "numeric" : "text";
    const value = shownValue(knob);
    return h("input", { class: "lg-field", type: "text", inputmode: mode, autocomplete: "off", value });
  }
  const options = knob.choices.map((text) => h("option", { value: text, text }));
  const select = h("select", { class: "lg-field" }, ...options);
  select.value = shownValue(knob);
  return select;
}

/**
 * Start an entry.
 * @param {string} base the server's base path
 * @param {object} values
 * @returns {Promise<{ name?: string, error?: string }>}
 */
async function started(base, values) {
  try {
    const answer = await fetch(`${base}/api/class/league/enter`, {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ values }),
    });
    return await answer.json();
  } catch {
    return { error: SILENCE };
  }
}
