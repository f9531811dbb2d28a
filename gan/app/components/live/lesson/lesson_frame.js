/** What stays around the steps of a lesson: its name, how far it is, and the buttons that lead on. */

/** @import { LessonCard } from "../../types.d.ts" */

import { button, h, icon, setAttr, setText } from "../../shared/dom.js";

const CLOSE = "M4 4l8 8M12 4l-8 8";
const FOLD = "M3.5 6l4.5 4.5L12.5 6";

/**
 * @param {{ leave: () => void, back: () => void, next: () => void, folded: () => void }} act
 */
export function createFrame(act) {
  const where = h("span", { class: "lg-muted lg-lesson-where" });
  const title = h("h2", { class: "lg-title lg-lesson-title", tabindex: -1 });
  const fold = button({ class: "lg-button lg-small lg-quiet", title: "Fold the lesson", "aria-label": "Fold the lesson",
    "aria-expanded": "true", onclick: () => turn(!folded) }, icon(FOLD));
  const leave = button({ class: "lg-button lg-small lg-quiet", title: "Leave the lesson; you can come back later",
    "aria-label": "Leave the lesson", onclick: act.leave }, icon(CLOSE));
  const bar = h("i");
  const body = h("div", { class: "lg-lesson-body" });
  const back = button({ class: "lg-button", text: "Back", onclick: act.back });
  const next = button({ class: "lg-button", text: "Next", onclick: act.next });
  const foot = h("div", { class: "lg-lesson-foot" }, back, next);
  const el = h("aside", { class: "lg lg-card lg-lesson", "aria-label": "Lesson", hidden: true },
    h("div", { class: "lg-lesson-head" }, h("div", { class: "lg-lesson-names" }, where, title), fold, leave),
    h("div", { class: "lg-bar lg-lesson-bar", "aria-hidden": "true" }, bar), body, foot);
  let folded = false;

  /** @param {boolean} shut */
  function turn(shut) {
    folded = shut;
    setAttr(fold, "aria-expanded", String(!shut));
    setAttr(fold, "title", shut ? "Unfold the lesson" : "Fold the lesson");
    el.classList.toggle("lg-folded", shut);
    act.folded();
  }

  return {
    el,
    body,
    folded: () => folded,
    /** Show a step from its beginning. */
    show() {
      for (const each of [el, body]) each.scrollTop = 0; // which of them scrolls depends on the room
      title.focus({ preventScroll: true });
    },
    /**
     * @param {LessonCard} lesson
     * @param {number} at
     * @param {boolean} over whether nothing is left to do in this step
     */
    update({ title: name, steps }, at, over) {
      const last = at === steps.length - 1;
      setText(where, `${name}, step ${at + 1} of ${steps.length}`);
      setText(title, steps[at].title);
      bar.style.transform = `scaleX(${(at + (over ? 1 : 0)) / steps.length})`;
      back.hidden = at === 0;
      setText(next, last ? "Finish" : over ? "Next" : "Skip");
      next.classList.toggle("lg-primary", over);
    },
  };
}
