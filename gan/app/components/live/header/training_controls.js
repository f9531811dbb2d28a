/** The buttons that start, pause, step and stop a run, and its slow motion. */

import { button, h, icon, setBlocked, setText } from "../../shared/dom.js";
import { active, notKept } from "../../shared/states.js";
import { createSpeedLimit } from "./speed_limit.js";

const PAUSABLE = new Set(["running", "queued", "connecting"]);
const STEPPABLE = new Set(["paused", "stopped", "interrupted"]);

const ICONS = {
  Start: "M4.5 2.5v11l9-5.5z",
  Resume: "M4.5 2.5v11l9-5.5z",
  "Train again": "M13 8a5 5 0 1 1-1.6-3.7M13 2.5v3h-3",
  Pause: "M5 3v10M11 3v10",
  Step: "M3.5 3v10l6-5zM12 3v10",
  Stop: "M3.5 3.5h9v9h-9z",
  "New run": "M8 3v10M3 8h10",
};

/** What a step can be: the command, what stands on the button, what it does, and in whose colour. */
const STEPS = [
  ["step", "Step", "One batch: first the discriminator learns, then the generator", ""],
  ["step_d", "D only", "One batch in which only the discriminator learns", "lg-ink-d"],
  ["step_g", "G only", "One batch in which only the generator learns", "lg-ink-g"],
];

/**
 * @param {{start: (step: string|null) => void, send: (kind: string) => void, again: () => void, fresh: () => void,
 *   turn: (values: Record<string, number>) => void}} act `start`: with a step, only that is trained
 */
export function createTrainingControls(act) {
  const draft = () => main.dataset.act === "start";
  const main = transportButton("Start", () => {
    if (draft()) act.start(null);
    else if (main.dataset.act === "train again") act.again();
    else act.send(main.dataset.act);
  });
  main.classList.add("lg-primary");
  const steps = STEPS.map(([kind, label, title, ink]) => {
    const step = transportButton(label, () => (draft() ? act.start(kind) : act.send(kind)));
    step.dataset.title = title;
    if (ink) step.classList.add(ink);
    return step;
  });
  const stop = transportButton("Stop", () => act.send("stop"));
  const fresh = transportButton("New run", act.fresh);
  const pace = createSpeedLimit((x) => act.turn({ pace: x }));
  stop.dataset.title = "End the run; it can be resumed later";
  fresh.dataset.title = "Prepare another run with these settings";
  stop.classList.add("lg-foldable");
  fresh.classList.add("lg-foldable");

  /** The main button keeps its place (and the keyboard's focus) while its meaning changes. */
  function become(label) {
    main.dataset.act = label.toLowerCase();
    const text = main.querySelector(".lg-button-text");
    if (text.textContent === label) return;
    setText(text, label);
    main.querySelector("svg").replaceWith(icon(ICONS[label]));
  }

  return {
    el: h("div", { class: "lg-transport", role: "group", "aria-label": "Training" },
      main, pace.el, h("div", { class: "lg-joined" }, ...steps), stop, fresh),
    /** @param {number} x batches a second of the slow motion; 0 is none */
    pace: pace.set,
    /**
     * @param {object|null} run null: a draft
     * @param {string|null} reason why nothing may be done
     * @param {string|null} silent why no other run can be prepared either
     */
    update(run, reason, silent) {
      const still = run === null ? null : notKept(run);
      become(run === null ? "Start" : still ? "Train again" : PAUSABLE.has(run.state) ? "Pause" : "Resume");
      const over = run?.over ?? null;
      setBlocked(main, reason ?? over);
      const canStep = run === null || STEPPABLE.has(run.state);
      for (const step of steps) setBlocked(step, reason ?? still ?? over ?? (canStep ? null : "Pause first: a step trains one batch."));
      setBlocked(stop, reason ?? (run !== null && active(run.state) ? null : "Nothing is being trained."));
      setBlocked(fresh, silent ?? (run === null ? "This is a new run." : null));
      pace.disable(reason ?? still);
    },
  };
}

function transportButton(label, onclick) {
  const text = h("span", { class: "lg-button-text", text: label });
  return button({ class: "lg-button", onclick }, label in ICONS ? icon(ICONS[label]) : null, text);
}
