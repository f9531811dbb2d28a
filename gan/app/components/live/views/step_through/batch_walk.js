/** The walk through the stages of one batch: forward and back by buttons and arrow keys. */

/** @import { Stage, TracedBatch } from "../../../types.d.ts" */

import { button, h, setAttr, setBlocked, setText } from "../../../shared/dom.js";
import { count } from "../../../shared/format.js";
import { setTextWithTerms } from "../../../shared/terms.js";
import { bodyOf } from "./bodies.js";
import { createCodePane } from "./code_pane.js";
import { wordsOf } from "./texts.js";

const KEYS = "Arrow keys go back and forward.";

/** @param {{ doStep: () => void, close: () => void }} act */
export function createBatchWalk(act) {
  /** @type {TracedBatch | null} */
  let trace = null;
  let at = 0;
  /** @type {ReturnType<typeof createCodePane> | null} */
  let code = null;
  const head = createHead();
  const body = h("div", { class: "lg-step-body" });
  const stages = createStageList((stage) => go(stage));
  const { bar, back, forward, doIt } = createBar(act, (steps) => go(at + steps));
  const source = h("div", { class: "lg-step-left" });
  const el = h("div", { class: "lg-step-walk", tabindex: 0, role: "group" },
    bar,
    stages.el,
    h("div", { class: "lg-step-columns" }, source,
      h("div", {}, head.el, body)));

  el.addEventListener("keydown", (event) => {
    const next = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: (trace?.stages.length ?? 1) - 1 }[event.key];
    if (next === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    go(next);
  });

  /** @param {number} next */
  function go(next) {
    if (!trace || next < 0 || next >= trace.stages.length) return;
    at = next;
    show();
  }

  function show() {
    if (!trace) return;
    const stage = trace.stages[at];
    head.show(trace, at);
    setAttr(el, "data-side", sideOf(stage));
    setAttr(el, "data-stage", stage.name);
    body.replaceChildren(...bodyOf(trace, stage).filter((part) => part !== null));
    code?.light(stage.lines);
    stages.mark(at);
    setBlocked(back, at === 0 ? "This is the first stage." : null);
    setBlocked(forward, at === trace.stages.length - 1 ? "This is the last stage." : null);
  }

  return {
    el,
    /**
     * @param {TracedBatch | null} next
     * @param {string | null} obstacle why the batch cannot be done, in a sentence
     */
    show(next, obstacle) {
      el.hidden = next === null;
      doIt.hidden = next?.kind !== "next";
      setBlocked(doIt, obstacle);
      if (next === trace) return;
      trace = next;
      at = 0;
      if (!trace) return;
      code = createCodePane(trace.source, trace.stages[0].lines[0] ?? 1);
      source.replaceChildren(code.el);
      stages.list(trace);
      setAttr(el, "aria-label", `Batch ${count(trace.batch)}, stage by stage. ${KEYS}`);
      show();
      el.focus({ preventScroll: true });
    },
  };
}

/** What the present stage is called, and what happens in it. */
function createHead() {
  const place = h("span", { class: "lg-muted" });
  const title = h("h3", { class: "lg-step-title" });
  const sentence = h("p", { class: "lg-step-sentence" });
  return {
    el: h("div", { "aria-live": "polite" }, place, title, sentence),
    /**
     * @param {TracedBatch} trace
     * @param {number} at
     */
    show(trace, at) {
      const words = wordsOf(trace, trace.stages[at]);
      setText(place, `Batch ${count(trace.batch)}, stage ${at + 1} of ${trace.stages.length}`);
      setText(title, words.title);
      setTextWithTerms(sentence, words.sentence);
    },
  };
}

/**
 * The buttons.
 * @param {{ doStep: () => void, close: () => void }} act
 * @param {(steps: number) => void} move
 */
function createBar(act, move) {
  const back = button({ class: "lg-button", text: "← Back", onclick: () => move(-1) });
  const forward = button({ class: "lg-button", text: "Next →", onclick: () => move(1) });
  const doIt = button({ class: "lg-button lg-primary", text: "Train this batch", onclick: act.doStep,
    title: "Have the run train this batch; it counts and is recorded as any step is" });
  const close = button({ class: "lg-button lg-quiet", text: "Close", onclick: act.close,
    title: "Put the batch away; the run stays where it is" });
  const bar = h("div", { class: "lg-step-bar" }, back, forward, doIt, close,
    h("span", { class: "lg-muted lg-step-keys", text: KEYS }));
  return { bar, back, forward, doIt };
}

/**
 * The stages as a row of numbers to choose from.
 * @param {(stage: number) => void} go
 */
function createStageList(go) {
  const el = h("ol", { class: "lg-step-stages", "aria-label": "Stages of the batch" });
  return {
    el,
    /** @param {TracedBatch} trace */
    list: (trace) => el.replaceChildren(...trace.stages.map((stage, i) => {
      const label = wordsOf(trace, stage).title;
      return h("li", {}, button({ class: "lg-step-stage", title: label, "aria-label": `${i + 1}: ${label}`,
        "data-side": sideOf(stage), text: String(i + 1), onclick: () => go(i) }));
    })),
    /** @param {number} at */
    mark: (at) => [...el.children].forEach((item, i) =>
      setAttr(item.children[0], "aria-current", i === at ? "step" : null)),
  };
}

/**
 * The network that a stage is about.
 * @param {Stage} stage
 */
function sideOf({ name }) {
  if (name.startsWith("d_") || name === "extra_d") return "d";
  return name.startsWith("g_") || name === "extra_g" ? "g" : null;
}
