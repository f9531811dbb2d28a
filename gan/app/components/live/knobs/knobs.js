/** The steering panel: all live knobs, the values they show, and the commands they send. */

/** @import { Knob, KnobValues, Settings } from "../../types.d.ts" */
/** @import { KnobControl } from "./knob.js" */

import { h, setAttr, setText } from "../../shared/dom.js";
import { createKnob } from "./knob.js";
import { createRatio } from "./ratio.js";

const PATIENCE = 3000; // ms to wait for the stream to confirm a value before showing the stream's again
/** @type {Record<string, string>} */
const TONES = { lr_g: "g", lr_d: "d" };

/** @typedef {(values: KnobValues) => Promise<string | null>} Send acts on a change; a sentence if it was refused */

/**
 * @param {Knob[]} knobs the live ones
 * @param {Send} send
 * @param {(values: KnobValues) => void} changed told of every value shown
 */
export function createKnobs(knobs, send, changed) {
  const { parts, ratio, shown, ...values } = createValues(knobs, send, changed);
  const { el, tag, more, groups } = createPanel(knobs, parts, ratio.el);
  return {
    el,
    shown,
    ...values,
    /**
     * Show only the knobs that have an effect.
     * @param {Record<string, string>} idle the others, with the reason
     */
    hide(idle) {
      for (const [name, part] of parts) part.el.hidden = name in idle;
      for (const group of groups) group.el.hidden = group.names.every((name) => name in idle);
    },
    /**
     * Draw the eye to knobs that were just turned by somebody else.
     * @param {string[]} names
     */
    flash(names) {
      for (const name of new Set(names)) {
        const part = parts.get(name)?.el;
        if (part) flash(part.checkVisibility() ? part : more.firstElementChild);
      }
    },
    /**
     * Say of which moment the values are (null: of now).
     * @param {string | null} moment
     * @param {"past" | "branch" | null} kind
     */
    mark(moment, kind) {
      setText(tag, moment ?? "");
      tag.hidden = moment === null;
      setAttr(el, "data-time", kind);
    },
    /** @param {string | null} reason why nothing can be turned */
    disable(reason) {
      for (const part of parts.values()) part.disable(reason);
      ratio.disable(reason);
    },
  };
}

/**
 * The knobs' values: those shown may be ahead of the run's until it confirms them.
 * @param {Knob[]} knobs
 * @param {Send} send
 * @param {(values: KnobValues) => void} changed
 */
function createValues(knobs, send, changed) {
  /** @type {KnobValues} */
  const shown = {};
  /** @type {Map<string, { value: number, until: number }>} */
  const pending = new Map();
  /** @type {Partial<Settings>} */
  let source = {};
  /** @type {Map<string, KnobControl>} */
  const parts = new Map(knobs.map((knob) => {
    /** @param {number} x */
    const preview = (x) => show({ [knob.name]: x });
    /** @param {number} x */
    const turn = (x) => commit({ [knob.name]: x });
    return [knob.name, createKnob(knob, { preview, commit: turn }, TONES[knob.name])];
  }));
  const rate = knobs.find((knob) => knob.name === "lr_g");
  const ratio = createRatio(rate ?? { low: 0, high: 1 }, { preview: show, commit });

  /**
   * Show values that are not (yet) the run's.
   * @param {KnobValues} values
   */
  function show(values) {
    for (const [name, x] of Object.entries(values)) {
      shown[name] = x;
      parts.get(name)?.set(x);
    }
    ratio.set({ lr_g: shown.lr_g, lr_d: shown.lr_d });
    changed(shown);
  }

  /** @param {KnobValues} values */
  async function commit(values) {
    show(values);
    const until = performance.now() + PATIENCE;
    for (const [name, value] of Object.entries(values)) pending.set(name, { value, until });
    const refusal = await send(values);
    if (refusal === null) return;
    for (const name of Object.keys(values)) pending.delete(name);
    parts.get(Object.keys(values)[0])?.fail(refusal);
    update(source);
  }

  /**
   * Whether a value from the run may be shown now.
   * @param {string} name
   * @param {number} value
   */
  function mayShow(name, value) {
    if (parts.get(name)?.held() || (name.startsWith("lr_") && ratio.held())) return false;
    const wait = pending.get(name);
    if (!wait) return true;
    if (value !== wait.value && performance.now() < wait.until) return false;
    pending.delete(name);
    return true;
  }

  /** @param {Partial<Settings>} settings of the run, or the draft's */
  function update(settings) {
    source = settings;
    /** @type {KnobValues} */
    const news = {};
    for (const [name, value] of Object.entries(settings)) {
      if (!parts.has(name) || typeof value !== "number" || value === shown[name]) continue;
      if (mayShow(name, value)) news[name] = value;
    }
    if (Object.keys(news).length) show(news);
  }

  return {
    parts, ratio, shown, update, commit,
    /** Another run or draft: forget what was being waited for. */
    reset() {
      pending.clear();
      for (const part of parts.values()) part.fail("");
    },
  };
}

/**
 * @param {Knob[]} knobs
 * @param {Map<string, { el: HTMLElement }>} parts
 * @param {HTMLElement} ratio
 */
function createPanel(knobs, parts, ratio) {
  const steering = elementsOf(knobs.filter((knob) => knob.steering), parts);
  const groups = groupsOf(knobs.filter((knob) => !knob.steering), parts);
  steering.splice(1, 0, ratio); // between the two learning rates
  const tag = h("span", { class: "lg-tag", hidden: true });
  const summary = h("summary", { text: "More live knobs" });
  const more = h("details", { class: "lg-more" }, summary, ...groups.map((group) => group.el));
  const head = h("div", { class: "lg-knobs-head" }, h("h2", { class: "lg-title", text: "Steering" }), tag);
  const el = h("section", { class: "lg-card lg-knobs", "aria-label": "Steering" }, head, ...steering, more);
  return { el, tag, more, groups };
}

/**
 * @param {Knob[]} knobs
 * @param {Map<string, { el: HTMLElement }>} parts
 */
const elementsOf = (knobs, parts) => knobs.flatMap((knob) => parts.get(knob.name)?.el ?? []);

/**
 * Knobs of one group under their heading, in the order given.
 * @param {Knob[]} knobs
 * @param {Map<string, { el: HTMLElement }>} parts
 */
function groupsOf(knobs, parts) {
  return [...new Set(knobs.map((knob) => knob.group))].map((title) => {
    const members = knobs.filter((knob) => knob.group === title);
    const head = h("h3", { class: "lg-group-title", text: title });
    const el = h("section", { class: "lg-group", "aria-label": title }, head, ...elementsOf(members, parts));
    return { names: members.map((knob) => knob.name), el };
  });
}

/**
 * Make an element flash, again if it just did.
 * @param {Element | null} part
 */
function flash(part) {
  if (!(part instanceof HTMLElement)) return;
  part.classList.remove("lg-flash");
  void part.offsetWidth; // an animation only begins anew once the class was seen to be away
  part.classList.add("lg-flash");
}
