/** One step of a lesson: its text, the button that acts, the question, and what the run has shown. */

/** @import { LessonClause, LessonQuestion, LessonStep } from "../../types.d.ts" */
/** @import { ClassChoice } from "../../shared/class_answer.js" */
/** @import { LessonProgress } from "../../shared/lesson_progress.js" */
/** @import { Watched } from "./conditions.js" */

import { askClass } from "../../shared/ask_class.js";
import { button, h, setAttr, setText } from "../../shared/dom.js";
import { value as inWords } from "../../shared/format.js";
import { runOf } from "../../shared/lesson_progress.js";
import { holds, valueOf } from "./conditions.js";
import { isOver, isTurned } from "./lesson_state.js";

/**
 * @typedef {object} StepActs
 * @property {() => void} start
 * @property {() => Promise<string | null>} turn
 * @property {() => void} show turns to the lesson's run
 * @property {(index: number) => void} answer
 *
 * @typedef {object} StepState
 * @property {boolean} started it has started its run
 * @property {boolean} others the run is another person's, who alone steers it
 * @property {boolean} elsewhere the page shows another run than the lesson's
 * @property {Watched | null} watched the lesson's run, if the page shows it
 * @property {boolean[] | null} reached which claims held when it was reached; null: it is not
 * @property {number | null} answer
 */

/** @typedef {ReturnType<typeof createStepView>} StepView */

/** @type {Record<LessonClause["comparison"], string>} */
const SIGNS = { ">=": "at least", "<=": "at most", ">": "above", "<": "below", "=": "equal to" };
let made = 0;

/**
 * @param {LessonStep} step
 * @param {StepActs} act
 */
export function createStepView(step, act) {
  const action = createAction(step, act);
  const question = step.question && createQuestion(step.question, act.answer);
  const goal = createGoal(step);
  return {
    el: h("div", { class: "lg-lesson-step" }, typeset("div", step.text, "lg-lesson-text"), action.el,
      question?.el ?? null, goal.el),
    /**
     * @param {LessonProgress} progress
     * @param {Watched | null} watched the run on the page
     * @param {boolean} foreign it is another person's, who alone steers it
     */
    update(progress, watched, foreign) {
      const state = stateOf(progress, watched, foreign);
      action.update(state);
      const told = step.reached.length === 0 || state.reached !== null;
      question?.update(state.answer, told);
      goal.update(state, isOver(step, progress));
    },
  };
}

/**
 * @param {LessonProgress} progress
 * @param {Watched | null} watched
 * @param {boolean} foreign
 * @returns {StepState}
 */
function stateOf(progress, watched, foreign) {
  const { step: at, runs, reached, answers } = progress;
  const run = runOf(progress);
  const here = run !== null && watched?.run?.name === run;
  return {
    started: runs[at] !== undefined, others: here && foreign, elsewhere: run !== null && !here,
    watched: here ? watched : null, reached: reached[at] ?? null, answer: answers[at] ?? null,
  };
}

/**
 * An element with HTML that the server made from a lesson's Markdown, in which there is neither HTML nor script of the
 * author's.
 * @template {"div" | "p" | "span" | "li"} Tag
 * @param {Tag} tag
 * @param {string} html
 * @param {string} name its class
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function typeset(tag, html, name) {
  const el = h(tag, { class: name });
  el.innerHTML = html;
  for (const link of el.querySelectorAll("a")) {
    link.target = "_blank"; // the lesson stays where it is
    link.rel = "noopener";
  }
  return el;
}

/**
 * What a step does when it is asked to.
 * @param {LessonStep} step
 * @param {StepActs} act
 */
function createAction(step, act) {
  const turning = step.turns.length > 0;
  const label = step.starts ? "Start the run" : `Set ${step.turns.join(" and ")}`;
  const main = button({ class: "lg-button lg-primary lg-lesson-act", text: label,
    onclick: () => (step.starts ? act.start() : turn()) });
  const error = h("p", { class: "lg-error", role: "alert" });
  const show = button({ class: "lg-button lg-small", text: "Show the lesson's run", onclick: act.show });
  const elsewhere = h("p", { class: "lg-lesson-elsewhere" }, "The page shows another run. ", show);

  async function turn() {
    setText(error, (await act.turn()) ?? "");
  }

  return {
    el: h("div", { class: "lg-lesson-do" }, elsewhere, main, error),
    /** @param {StepState} state */
    update({ started, others, elsewhere: away, watched }) {
      elsewhere.hidden = !away || (step.starts && !started);
      if (step.starts) setText(main, others ? "Start one of your own" : started ? "Start it again" : label);
      main.classList.toggle("lg-primary", !(step.starts && started));
      main.hidden = !step.starts && (!turning || others || watched === null || isTurned(step, watched));
    },
  };
}

/**
 * @param {LessonQuestion} question
 * @param {(index: number) => void} choose
 */
function createQuestion({ ask, answers, right, because }, choose) {
  const name = `lg-lesson-${++made}`;
  const inputs = answers.map((_, i) => h("input", { type: "radio", onchange: () => choose(i) }));
  const rows = answers.map((answer, i) => {
    inputs[i].name = name;
    return h("label", { class: "lg-lesson-answer" }, inputs[i], typeset("span", answer, ""));
  });
  const verdict = h("b");
  const why = typeset("span", because, "");
  const told = h("p", { class: "lg-lesson-because", role: "status" }, verdict, why);
  const wait = h("p", { class: "lg-muted", text: "Noted. Watch the run; the answer comes when it has got there." });
  return {
    el: h("fieldset", { class: "lg-lesson-question" }, h("legend", {}, typeset("span", ask, "")), ...rows, wait, told,
      createAskClass({ ask, answers, right, because })),
    /**
     * @param {number | null} answer
     * @param {boolean} tells whether the answer may be told
     */
    update(answer, tells) {
      const shown = answer !== null && tells;
      rows.forEach((row, i) => {
        inputs[i].checked = i === answer;
        inputs[i].disabled = shown;
        setAttr(row, "data-right", shown && i === right ? "yes" : shown && i === answer ? "no" : null);
      });
      setText(verdict, answer === right ? "Right. " : "Not quite. ");
      told.hidden = !shown;
      wait.hidden = answer === null || tells;
    },
  };
}

/**
 * A step's question as a class is asked it, without markup.
 * @param {LessonQuestion} question
 */
function asClassQuestion({ ask, answers, right, because }) {
  /** @param {string} html */
  const plain = (html) => typeset("span", html, "").textContent ?? "";
  return { kind: "choice", ask: plain(ask), choices: answers.map(plain), right, because: plain(because) };
}

/**
 * Whether the question that the class was asked is that of a step.
 * @param {LessonStep} step
 * @param {ClassChoice} given
 */
export function isAsked({ question }, { ask, choices }) {
  if (!question) return false;
  const asked = asClassQuestion(question);
  return asked.ask === ask && asked.choices.join("\n") === choices.join("\n");
}

/**
 * On a teacher's page the button that asks the class the step's question.
 * @param {LessonQuestion} question
 */
function createAskClass(question) {
  const error = h("p", { class: "lg-error", role: "alert" });

  async function submit() {
    setText(error, (await askClass(asClassQuestion(question))) ?? "");
  }

  return h("div", { class: "lg-lesson-class" },
    button({ class: "lg-button lg-small", text: "Ask the class", onclick: submit }), error);
}

/**
 * What ends a step, and what the run has then shown.
 * @param {LessonStep} step
 */
function createGoal(step) {
  const clauses = step.reached.map((clause) => ({ clause, el: h("li") }));
  const until = h("div", { class: "lg-lesson-until" }, h("span", { class: "lg-muted", text: "The step ends when:" }),
    h("ul", {}, ...clauses.map(({ el }) => el)));
  const claims = step.shows.map((claim) => typeset("li", claim.says, "lg-lesson-claim"));
  const seen = h("div", { class: "lg-lesson-seen", role: "status" }, h("span", { text: "The run shows:" }),
    h("ul", {}, ...claims));
  const first = h("p", { class: "lg-muted", text: "The run has got there. Answer the question to see what it shows." });
  return {
    el: h("div", {}, until, first, seen),
    /**
     * @param {StepState} state
     * @param {boolean} over the question is answered, too
     */
    update({ started, watched, reached }, over) {
      until.hidden = !clauses.length || reached !== null || (step.starts && !started);
      for (const { clause, el } of clauses) {
        const now = watched && valueOf(clause, watched);
        setText(el, clauseInWords(clause, now));
        setAttr(el, "data-holds", watched !== null && holds([clause], watched));
      }
      seen.hidden = reached === null || !claims.length || !over;
      first.hidden = reached === null || !claims.length || over;
      claims.forEach((el, i) => setAttr(el, "data-holds", reached?.[i] ? "yes" : "no"));
    },
  };
}

/**
 * @param {LessonClause} clause
 * @param {number | null} now
 */
function clauseInWords({ label, comparison, value, window }, now) {
  const over = window ? ` (average of ${window} batches)` : "";
  const stands = now === null ? "not known yet" : `now ${inWords(now, 3)}`;
  return `${label}${over}: ${SIGNS[comparison]} ${inWords(value)}, ${stands}`;
}
