/** The list of all lessons: what one learns, how long it takes, and how far one is. */

/** @import { Component, LessonEntry, LessonsData, LessonsTriggers } from "../types.d.ts" */

import { button, h } from "../shared/dom.js";
import { keepProgress, progressOf, runOf, untouched } from "../shared/lesson_progress.js";
import { mount } from "../shared/mount.js";
import { applyTheme } from "../shared/theme.js";

export default mount(createView);

/** @param {HTMLElement} parent */
function createView(parent) {
  /** @type {(name: "take", value: LessonsTriggers["take"]) => void} */
  let trigger = () => {};
  const list = h("ol", { class: "lg-lessons", "aria-label": "Lessons" });
  const root = h("div", { class: "lg" }, list);
  parent.append(root);

  /**
   * @param {LessonEntry} lesson
   * @param {boolean} again from the beginning
   */
  function take({ name, steps }, again) {
    const before = progressOf(name, steps);
    if (again) keepProgress(name, { ...untouched(), done: before.done });
    trigger("take", { name, run: again ? null : runOf(before), at: Date.now() });
  }

  return {
    /** @param {Component<LessonsData, LessonsTriggers>} component */
    render(component) {
      trigger = component.setTriggerValue;
      applyTheme(root);
      list.replaceChildren(...component.data.lessons.map((lesson, i) => entry(lesson, i + 1, take)));
    },
    destroy: () => root.remove(),
  };
}

/**
 * @param {LessonEntry} lesson
 * @param {number} number
 * @param {(lesson: LessonEntry, again: boolean) => void} take
 */
function entry(lesson, number, take) {
  const { step, done, runs, answers } = progressOf(lesson.name, lesson.steps);
  const begun = step > 0 || Object.keys(runs).length + Object.keys(answers).length > 0;
  const learn = h("p", { class: "lg-lessons-learn" });
  learn.innerHTML = lesson.learn; // made by the server from Markdown in which HTML is text
  const main = button({ class: `lg-button ${begun || !done ? "lg-primary" : ""}`,
    "aria-label": `${begun ? "Continue" : done ? "Take again" : "Begin"}: ${lesson.title}`,
    text: begun ? "Continue" : done ? "Take again" : "Begin", onclick: () => take(lesson, !begun) });
  const anew = button({ class: "lg-button lg-quiet", "aria-label": `From the beginning: ${lesson.title}`,
    text: "From the beginning", onclick: () => take(lesson, true) });
  anew.hidden = !begun;
  const state = begun ? `step ${step + 1} of ${lesson.steps}` : done ? "done" : `${lesson.steps} steps`;
  return h("li", { class: "lg-card lg-lessons-entry", "data-done": done ? "true" : null },
    h("span", { class: "lg-lessons-number", "aria-hidden": "true", text: done ? "✓" : String(number) }),
    h("div", { class: "lg-lessons-words" }, h("h2", { class: "lg-title", text: lesson.title }), learn,
      h("p", { class: "lg-muted", text: `${lesson.minutes} minutes, ${state}` })),
    h("div", { class: "lg-lessons-acts" }, main, anew));
}
