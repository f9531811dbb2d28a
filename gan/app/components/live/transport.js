/** The buttons that start, pause, step and stop a run. */

import { button, h, icon, setBlocked, setText } from "../shared/dom.js";
import { active, resumable } from "../shared/states.js";

const PAUSABLE = new Set(["running", "queued", "connecting"]);

const ICONS = {
  Start: "M4.5 2.5v11l9-5.5z",
  Resume: "M4.5 2.5v11l9-5.5z",
  Pause: "M5 3v10M11 3v10",
  Step: "M3.5 3v10l6-5zM12 3v10",
  Stop: "M3.5 3.5h9v9h-9z",
  "New run": "M8 3v10M3 8h10",
};

/**
 * @param {{start: (paused: boolean) => void, send: (kind: string) => void, fresh: () => void}} act
 */
export function createTransport(act) {
  const main = transportButton("Start", () => (main.dataset.act === "start" ? act.start(false) : act.send(main.dataset.act)));
  main.classList.add("lg-primary");
  const step = transportButton("Step", () => (main.dataset.act === "start" ? act.start(true) : act.send("step")));
  const stop = transportButton("Stop", () => act.send("stop"));
  const fresh = transportButton("New run", act.fresh);
  step.dataset.title = "Train one batch";
  fresh.dataset.title = "Prepare another run with these settings";

  /** The main button keeps its place (and the keyboard's focus) while its meaning changes. */
  function become(label) {
    main.dataset.act = label.toLowerCase();
    const text = main.querySelector(".lg-button-text");
    if (text.textContent === label) return;
    setText(text, label);
    main.querySelector("svg").replaceWith(icon(ICONS[label]));
  }

  return {
    el: h("div", { class: "lg-transport", role: "group", "aria-label": "Training" }, main, step, stop, fresh),
    /**
     * @param {object|null} run null: a draft
     * @param {string|null} reason why nothing may be done
     */
    update(run, reason) {
      become(run === null ? "Start" : PAUSABLE.has(run.state) ? "Pause" : "Resume");
      const over = run !== null && main.dataset.act === "resume" && !resumable(run);
      setBlocked(main, reason ?? (over ? "All epochs are done; raise Epochs under More live knobs to go on." : null));
      const canStep = run === null || run.state === "paused" || run.state === "stopped" || run.state === "interrupted";
      setBlocked(step, reason ?? (canStep ? null : "Pause first: a step trains one batch."));
      setBlocked(stop, reason ?? (run !== null && active(run.state) ? null : "Nothing is being trained."));
      setBlocked(fresh, run === null ? "This is a new run." : null);
    },
  };
}

function transportButton(label, onclick) {
  return button({ class: "lg-button", onclick }, icon(ICONS[label]), h("span", { class: "lg-button-text", text: label }));
}
