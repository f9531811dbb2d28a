/** The steering panel: all live knobs, the values they show, and the commands they send. */

import { h, setAttr, setText } from "../../shared/dom.js";
import { createKnob } from "./knob.js";
import { createRatio } from "./ratio.js";

const PATIENCE = 3000; // ms to wait for the stream to confirm a value before showing the stream's again
const TONES = { lr_g: "g", lr_d: "d" };

/**
 * Knobs of one group under their heading, in the order given.
 * @param {import("./scale.js").Knob[]} knobs
 * @param {Map<string, {el: HTMLElement}>} parts
 */
function groupsOf(knobs, parts) {
  return [...new Set(knobs.map((knob) => knob.group))].map((title) => {
    const names = knobs.filter((knob) => knob.group === title).map((knob) => knob.name);
    const head = h("h3", { class: "lg-group-title", text: title });
    return { names, el: h("section", { class: "lg-group", "aria-label": title }, head, ...names.map((name) => parts.get(name).el)) };
  });
}

/**
 * @param {import("./scale.js").Knob[]} knobs the live ones
 * @param {(values: Record<string, number>) => Promise<string|null>} send acts on a change; a sentence if it was refused
 * @param {(values: Record<string, number>) => void} changed told of every value shown
 */
export function createKnobs(knobs, send, changed) {
  const shown = {};
  const pending = new Map();
  let source = {};

  const parts = new Map(knobs.map((knob) => {
    const on = {
      preview: (x) => show({ [knob.name]: x }),
      commit: (x) => commit({ [knob.name]: x }),
    };
    return [knob.name, createKnob(knob, on, TONES[knob.name])];
  }));
  const ratio = createRatio(knobs.find((knob) => knob.name === "lr_g"), { preview: show, commit });

  /** Show values that are not (yet) the run's. */
  function show(values) {
    for (const [name, x] of Object.entries(values)) {
      shown[name] = x;
      parts.get(name)?.set(x);
    }
    ratio.set(shown);
    changed(shown);
  }

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

  /** Whether a value from the run may be shown now. */
  function mayShow(name, value) {
    if (parts.get(name).held() || (name.startsWith("lr_") && ratio.held())) return false;
    const wait = pending.get(name);
    if (!wait) return true;
    if (value !== wait.value && performance.now() < wait.until) return false;
    pending.delete(name);
    return true;
  }

  /** @param {Record<string, any>} settings of the run, or the draft's */
  function update(settings) {
    source = settings;
    const news = {};
    for (const name of parts.keys()) {
      const value = settings[name];
      if (typeof value === "number" && value !== shown[name] && mayShow(name, value)) news[name] = value;
    }
    if (Object.keys(news).length) show(news);
  }

  const steering = knobs.filter((knob) => knob.steering).map((knob) => parts.get(knob.name).el);
  const groups = groupsOf(knobs.filter((knob) => !knob.steering), parts);
  steering.splice(1, 0, ratio.el); // between the two learning rates
  const tag = h("span", { class: "lg-tag", hidden: true });
  const more = h("details", { class: "lg-more" }, h("summary", { text: "More live knobs" }), ...groups.map((group) => group.el));
  const el = h("section", { class: "lg-card lg-knobs", "aria-label": "Steering" },
    h("div", { class: "lg-knobs-head" }, h("h2", { class: "lg-title", text: "Steering" }), tag), ...steering, more);

  /** Make an element flash, again if it just did. */
  function flash(part) {
    part.classList.remove("lg-flash");
    void part.offsetWidth; // an animation only begins anew once the class was seen to be away
    part.classList.add("lg-flash");
  }

  return {
    el,
    shown,
    update,
    commit,
    /** Show only the knobs that have an effect. @param {Record<string, string>} idle the others, with the reason */
    hide(idle) {
      for (const [name, part] of parts) part.el.hidden = name in idle;
      for (const group of groups) group.el.hidden = group.names.every((name) => name in idle);
    },
    /** Another run or draft: forget what was being waited for. */
    reset() {
      pending.clear();
      for (const part of parts.values()) part.fail("");
    },
    /** Draw the eye to knobs that were just turned by somebody else. */
    flash(names) {
      for (const name of new Set(names)) {
        const part = parts.get(name)?.el;
        if (part) flash(part.checkVisibility() ? part : more.firstElementChild);
      }
    },
    /**
     * Say of which moment the values are (null: of now).
     * @param {string|null} moment
     * @param {"past"|"branch"|null} kind
     */
    mark(moment, kind) {
      setText(tag, moment ?? "");
      tag.hidden = moment === null;
      setAttr(el, "data-time", kind);
    },
    disable(reason) {
      for (const part of parts.values()) part.disable(reason);
      ratio.disable(reason);
    },
  };
}
