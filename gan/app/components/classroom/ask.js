/** Asks the class: the button in the teacher's bar, and the panel with the question that is asked, or a new one. */

/** @import { ClassPage, Subject } from "./main.js" */
/** @import { Watched } from "./question_watch.js" */

import { setAsker } from "../shared/ask_class.js";
import { h } from "../shared/dom.js";
import { createAskForm } from "./ask_form.js";
import { createAskedPanel } from "./asked_panel.js";
import { post } from "./post.js";
import { watchQuestion } from "./question_watch.js";
import { barButton } from "./teacher_bar.js";

/**
 * @param {ClassPage} page
 * @returns {Subject}
 */
export function createAsk({ base, seat }) {
  if (seat !== "teacher") return {};
  let open = false;
  /** @type {Watched | null} */
  let now = null;
  let shown = "";
  const toggle = barButton("Ask", "Ask the class something: what comes next?", () => turn(!open));
  const form = createAskForm(base, ask);
  const asked = createAskedPanel(base);
  const panel = h("section", { class: "lg-question lg-ask", "aria-label": "Ask the class", hidden: true, onkeydown },
    form.el, asked.el);

  /** @param {KeyboardEvent} event */
  function onkeydown(event) {
    if (event.key !== "Escape") return;
    event.stopPropagation(); // Present stays
    turn(false);
    toggle.el.focus();
  }

  /** @param {boolean} on */
  function turn(on) {
    open = on;
    update();
    if (open && !now?.question) form.begin();
  }

  function update() {
    const question = now?.question ?? null;
    panel.hidden = !open;
    toggle.press(open);
    form.el.hidden = question !== null;
    asked.el.hidden = question === null;
    if (now && question) asked.update(now);
  }

  /**
   * @param {object} question
   * @returns {Promise<string | null>} one sentence if it was refused
   */
  async function ask(question) {
    const refusal = await post(base, "question", question);
    if (!refusal) turn(true);
    return refusal;
  }

  const watch = watchQuestion(base, (next) => {
    now = next;
    const id = next.question?.id ?? "";
    if (id !== shown) open = id !== ""; // a question that is put away takes the panel along
    shown = id;
    update();
  });
  setAsker(ask);
  return {
    bar: [toggle.el],
    over: [panel],
    destroy() {
      setAsker(null);
      watch.end();
      asked.destroy();
    },
  };
}
