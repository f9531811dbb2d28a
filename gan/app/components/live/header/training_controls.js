/** The buttons that start, pause, step and stop a run, and its slow motion. */

/** @import { KnobValues, Snapshot, StartRequest } from "../../types.d.ts" */
/** @import { PlainCommand } from "../../shared/commands.js" */

import { button, h, icon, setBlocked, setText } from "../../shared/dom.js";
import { active, notKept } from "../../shared/states.js";
import { createSpeedLimit } from "./speed_limit.js";

const PAUSABLE = new Set(["running", "queued"]);
const STEPPABLE = new Set(["paused", "stopped", "interrupted"]);

/** @type {Record<string, string>} */
const ICONS = {
  Start: "M4.5 2.5v11l9-5.5z",
  Resume: "M4.5 2.5v11l9-5.5z",
  "Train again": "M13 8a5 5 0 1 1-1.6-3.7M13 2.5v3h-3",
  Pause: "M5 3v10M11 3v10",
  Step: "M3.5 3v10l6-5zM12 3v10",
  Stop: "M3.5 3.5h9v9h-9z",
  "New run": "M8 3v10M3 8h10",
};

/**
 * What a step can be: the command, what stands on the button, what it does, and in whose colour.
 * @type {[kind: "step" | "step_d" | "step_g", label: string, meaning: string, ink: string][]}
 */
const STEPS = [
  ["step", "Step", "One batch: first the discriminator learns, then the generator", ""],
  ["step_d", "D only", "One batch in which only the discriminator learns", "lg-ink-d"],
  ["step_g", "G only", "One batch in which only the generator learns", "lg-ink-g"],
];

/**
 * @typedef {"Start" | "Pause" | "Resume" | "Train again" | "New run"} MainAction
 * @typedef {object} Acts
 * @property {(step: StartRequest["step"]) => void} start with a step, only that is trained
 * @property {(kind: PlainCommand["kind"]) => void} send
 * @property {() => void} trainAgain
 * @property {() => void} newRun
 * @property {(values: KnobValues) => void} turn
 */

/** @param {Acts} act */
export function createTrainingControls(act) {
  const main = createMain({
    Start: () => act.start(null), Pause: () => act.send("pause"), Resume: () => act.send("resume"),
    "Train again": act.trainAgain, "New run": act.newRun,
  });
  const steps = STEPS.map(([kind, label, meaning, ink]) =>
    labelled(label, meaning, () => (main.action() === "Start" ? act.start(kind) : act.send(kind)), ink));
  const stop = labelled("Stop", "End the run; it can be resumed later", () => act.send("stop"), "lg-foldable");
  const newRun = labelled("New run", "Prepare another run with these settings", act.newRun, "lg-foldable");
  const speed = createSpeedLimit((x) => act.turn({ pace: x }));
  return {
    el: h("div", { class: "lg-transport", role: "group", "aria-label": "Training" },
      main.el, speed.el, h("div", { class: "lg-joined" }, ...steps), stop, newRun),
    press: { main: () => main.el.click(), step: () => steps[0].click() },
    /** Shows the speed limit, in batches a second; 0 is none. */
    pace: speed.set,
    /**
     * @param {Snapshot | "draft" | "connecting"} run what they act on
     * @param {boolean} watched it is another person's, who alone steers it
     * @param {string | null} reason why nothing may be done
     * @param {string | null} toRepeat why it may not be trained again as a new run
     * @param {string | null} lost why no other run can be prepared either
     */
    update(run, watched, reason, toRepeat, lost) {
      const { action, still, over, toStep, toStop } = offer(run, watched);
      main.become(action);
      setBlocked(main.el, action === "New run" ? lost : (still ? toRepeat : reason) ?? over);
      for (const step of steps) setBlocked(step, reason ?? still ?? over ?? toStep);
      setBlocked(stop, reason ?? toStop);
      newRun.hidden = action === "New run";
      setBlocked(newRun, lost ?? (run === "draft" ? "This is a new run." : null));
      speed.disable(reason ?? still);
    },
  };
}

/**
 * What can be done with a run. Those who only watch it can begin one of their own with its settings.
 * @param {Snapshot | "draft" | "connecting"} run
 * @param {boolean} watched
 * @returns {{ action: MainAction, still: string | null, over: string | null, toStep: string | null,
 *   toStop: string | null }} the main button's meaning; why it cannot be resumed at all, why there is nothing left to
 *   train, why it cannot be stepped, and why it cannot be stopped
 */
export function offer(run, watched) {
  const nothing = "Nothing is being trained.";
  if (run === "draft") return { action: "Start", still: null, over: null, toStep: null, toStop: nothing };
  const toPause = "Pause first: a step trains one batch.";
  if (run === "connecting") return { action: "Pause", still: null, over: null, toStep: toPause, toStop: nothing };
  const still = notKept(run);
  return {
    action: watched ? "New run" : still ? "Train again" : PAUSABLE.has(run.state) ? "Pause" : "Resume",
    still,
    over: run.over,
    toStep: STEPPABLE.has(run.state) ? null : toPause,
    toStop: active(run.state) ? null : nothing,
  };
}

/**
 * The main button: it keeps its place (and the keyboard's focus) while its meaning changes.
 * @param {Record<MainAction, () => void>} acts
 */
function createMain(acts) {
  /** @type {MainAction} */
  let action = "Start";
  const text = h("span", { class: "lg-button-text", text: action });
  let glyph = icon(ICONS[action]);
  const el = button({ class: "lg-button lg-primary", onclick: () => acts[action]() }, glyph, text);
  return {
    el,
    action: () => action,
    /** @param {MainAction} next */
    become(next) {
      if (action === next) return;
      action = next;
      setText(text, next);
      const before = glyph;
      glyph = icon(ICONS[next]);
      before.replaceWith(glyph);
    },
  };
}

/**
 * @param {string} label
 * @param {string} meaning
 * @param {() => void} onclick
 * @param {string} look a further class
 */
function labelled(label, meaning, onclick, look) {
  const text = h("span", { class: "lg-button-text", text: label });
  const el = button({ class: `lg-button ${look}`, onclick }, label in ICONS ? icon(ICONS[label]) : null, text);
  el.dataset.title = meaning;
  return el;
}
