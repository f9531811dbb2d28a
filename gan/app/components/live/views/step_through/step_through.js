/**
 * The tab "Step through": the next batch of the run in slow motion, one stage of the reference step after the other,
 * with the lines of its source. All of it happens to a copy on the server; then the run can train that very batch. At
 * an earlier epoch, and of a run that has ended, a batch can be looked at.
 */

/** @import { WhoLearns } from "../../../types.d.ts" */
/** @import { ViewContext } from "../context.js" */
/** @import { StepSession } from "./step_session.js" */

import { button, h, setBlocked, setText } from "../../../shared/dom.js";
import { withTerms } from "../../../shared/terms.js";
import { createBatchWalk } from "./batch_walk.js";
import { situationOf } from "./situation.js";
import { createStepSession } from "./step_session.js";

/** @type {[WhoLearns, string][]} */
const CHOICES = [["both", "both networks"], ["d", "only the discriminator"], ["g", "only the generator"]];
const WHAT = "One {batch|batch} in slow motion: what happens in it, in the order of the code that trains, with the "
  + "numbers of this very batch.";

/**
 * @param {HTMLElement} root
 * @param {ViewContext} context
 */
export function mountStepThrough(root, context) {
  /** @type {StepSession | null} */
  let session = null;
  /** @type {number | null} the epoch that the offered batch follows; null: it is the run's next one */
  let epoch = null;
  const start = createStart((learns) => session?.open(learns, epoch));
  const pause = button({ class: "lg-button", text: "Pause the run", onclick: () => session?.pause() });
  const note = h("p", { class: "lg-step-note", role: "status" });
  const walk = createBatchWalk({ doStep: () => session?.doStep(), close: () => session?.close() });
  root.append(h("section", { class: "lg-card lg-step", "aria-label": "Step through" },
    h("p", { class: "lg-view-sentence" }, ...withTerms(WHAT)), start.el, pause, note, walk.el));

  function update() {
    const shown = context.shown();
    if (shown && shown.name !== session?.name) {
      const own = createStepSession(context.page.base, shown.name, () => own === session && update());
      session = own;
    }
    const run = shown?.run ?? null;
    if (!session || !run) return;
    session.follow(run);
    const now = situationOf(session.state, run, shown?.epoch ?? null);
    epoch = now.epoch;
    start.show(now.offer, session.state.asked);
    pause.hidden = !now.canPause;
    const focused = walk.el.matches(":focus-within");
    walk.show(now.trace, now.obstacle);
    if (focused && walk.el.hidden) start.focus();
    setText(note, now.note);
    note.hidden = now.note === "";
  }

  update();
  return { update, destroy: () => root.replaceChildren() };
}

/**
 * The button that opens a batch, and who shall learn from it.
 * @param {(learns: WhoLearns) => void} open
 */
function createStart(open) {
  const learns = h("select", { class: "lg-select" }, ...CHOICES.map(([value, text]) => h("option", { value, text })));
  const begin = button({ class: "lg-button lg-primary", onclick: () => open(/** @type {WhoLearns} */ (learns.value)) });
  const el = h("div", { class: "lg-step-start" }, begin,
    h("label", { class: "lg-step-who" }, h("span", { text: "Who learns:" }), learns));
  return {
    el,
    focus: () => begin.focus(),
    /**
     * @param {string | null} offer what the button says; null: no batch can be opened
     * @param {boolean} asked it is on its way
     */
    show(offer, asked) {
      el.hidden = offer === null;
      setText(begin, offer ?? "");
      setBlocked(begin, asked ? "The batch is on its way." : null);
    },
  };
}
