/** The card of a lesson beside its run: one step at a time, with what the user has answered and reached. */

/** @import { KnobValues, LessonCard, LiveData } from "../../types.d.ts" */
/** @import { LessonProgress } from "../../shared/lesson_progress.js" */
/** @import { Watched } from "./conditions.js" */
/** @import { StepView } from "./step_view.js" */
/** @import { Shown } from "../../shared/showing.js" */

import { onAnswer } from "../../shared/class_answer.js";
import { keepProgress, progressOf, runOf, untouched } from "../../shared/lesson_progress.js";
import { createLedLesson } from "./led_lesson.js";
import { createFrame } from "./lesson_frame.js";
import { compared, isOver, judged, restarted } from "./lesson_state.js";
import { spotlight } from "./spotlight.js";
import { createStepView, isAsked } from "./step_view.js";

/**
 * @typedef {object} LessonActs
 * @property {(lesson: string, step: number, before: string | null) => void} startStep starts the run of a step;
 *   `before`: the run of an earlier step, which ends
 * @property {(values: KnobValues) => Promise<string | null>} turn turns knobs and lets the run train; a sentence if
 *   that was refused
 * @property {() => void} leave
 * @property {(run: string) => void} show
 */

/**
 * @param {LessonActs} act
 * @param {() => HTMLElement} page what the steps point at
 */
export function createLessonCard(act, page) {
  /** @type {LessonCard | null} */
  let lesson = null;
  /** @type {LessonProgress} */
  let progress = progressOf("", 1);
  /** @type {StepView | null} */
  let view = null;
  /** @type {Watched | null} */
  let watched = null;
  let foreign = false; // the run on the page is another person's
  const led = createLedLesson();
  const frame = createFrame({ leave: act.leave, back: () => go(progress.step - 1), next, folded: update });

  /** @param {LessonProgress} next */
  function change(next) {
    if (lesson && next !== progress) keepProgress(lesson.name, next);
    progress = next;
  }

  /** @param {number} step */
  function go(step) {
    change({ ...progress, step });
    open();
    frame.show();
  }

  function next() {
    if (lesson && progress.step < lesson.steps.length - 1) return go(progress.step + 1);
    change({ ...untouched(), done: true });
    act.leave();
  }

  /** Show the present step anew. */
  function open() {
    if (!lesson) return;
    const step = lesson.steps[progress.step];
    view = createStepView(step, { ...stepActs(act, lesson, progress.step, () => runOf(progress)), answer });
    frame.body.replaceChildren(view.el);
    update();
  }

  /** @param {number} index */
  function answer(index) {
    change({ ...progress, answers: { ...progress.answers, [progress.step]: index } });
    update();
  }

  function update() {
    if (!lesson || !view) return spotlight(page(), []);
    change(judged(led.take(progress, lesson, watched), lesson, watched));
    view.update(progress, watched, foreign);
    frame.update(lesson, progress.step, isOver(lesson.steps[progress.step], progress));
    spotlight(page(), frame.folded() ? [] : lesson.steps[progress.step].watch);
  }

  const deaf = onAnswer((given) => lesson && isAsked(lesson.steps[progress.step], given) && answer(given.choice));
  return {
    el: frame.el, shared: sharedStep(() => lesson, () => progress.step, go),
    /**
     * Python has run.
     * @param {LiveData} data
     */
    receive({ lesson: now, lesson_started: started, watches }) {
      foreign = watches !== null;
      const another = JSON.stringify(now) !== JSON.stringify(lesson);
      lesson = now;
      frame.el.hidden = now === null;
      if (now && another) progress = progressOf(now.name, now.steps.length);
      if (now && started?.lesson === now.name) change(restarted(progress, started.step, started.run));
      if (another) open();
    },
    /** @param {Watched | null} next what is known of the run on the page */
    update(next) {
      watched = next;
      update();
    },
    compared: () => lesson && compared(progress, lesson),
    destroy: () => [deaf, led.end].forEach((end) => end()),
  };
}

/**
 * What the buttons of a step do.
 * @param {LessonActs} act
 * @param {LessonCard} lesson
 * @param {number} at the step
 * @param {() => string | null} run the lesson's
 */
const stepActs = (act, { name, steps }, at, run) => ({
  start: () => act.startStep(name, at, run()),
  turn: () => act.turn(steps[at].turn),
  show: () => act.show(run() ?? ""),
});

/**
 * The step of a lesson, as a class shares it.
 * @param {() => LessonCard | null} lesson
 * @param {() => number} now
 * @param {(step: number) => void} go
 * @returns {Shown<number | null>}
 */
function sharedStep(lesson, now, go) {
  return {
    now: () => lesson() && now(),
    show(step) {
      if (step !== null && step < (lesson()?.steps.length ?? 0)) go(step);
      return lesson() !== null || step === null;
    },
  };
}
