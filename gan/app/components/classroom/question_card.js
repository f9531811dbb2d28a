/** The question on a student's page: asked, answered with the thumb, and what the class has answered. */

/** @import { ClassQuestion } from "../types.d.ts" */
/** @import { ClassPage, Subject } from "./main.js" */
/** @import { OwnAnswer, Watched } from "./question_watch.js" */

import { button, h, setAttr, setText } from "../shared/dom.js";
import { tellAnswer } from "../shared/class_answer.js";
import { numberOf } from "../shared/numbers.js";
import { createAnswersChart } from "./answers_chart.js";
import { createCurveDrawing } from "./curve_drawing.js";
import { post } from "./post.js";
import { ownInWords, timeLeft } from "./question_texts.js";
import { watchQuestion } from "./question_watch.js";

const NO_NUMBER = "Type a number, such as 40 or 0.5.";
let made = 0;

/**
 * @typedef {object} AnswerField
 * @property {HTMLElement} el
 * @property {(mine: OwnAnswer) => void} set
 * @property {(open: boolean) => void} enable
 */

/**
 * @param {ClassPage} page
 * @returns {Subject}
 */
export function createQuestionCard({ base, seat }) {
  if (seat !== "student") return {};
  const row = createRow(() => unfold(true));
  const place = h("div");
  let shown = "";
  let folded = false;
  /** @type {ReturnType<typeof createCard> | null} */
  let card = null;
  /** @type {Watched | null} */
  let now = null;

  /** @param {boolean} on */
  function unfold(on) {
    folded = !on;
    show();
  }

  function show() {
    if (!now) return;
    if (card) card.el.hidden = folded;
    row.update(now, folded);
    card?.update(now);
  }

  const watch = watchQuestion(base, (next) => {
    now = next;
    if ((next.question?.id ?? "") !== shown) {
      shown = next.question?.id ?? "";
      folded = false;
      card = next.question && createCard(next.question, { send, fold: () => unfold(false) });
      place.replaceChildren(...(card ? [card.el] : []));
    }
    show();
  });

  /** @param {OwnAnswer} answer */
  async function send(answer) {
    const question = shown;
    const refusal = await post(base, `question/${question}/answer`, { answer });
    if (question !== shown) return;
    card?.say(refusal ?? "");
    if (refusal) return;
    watch.answered(answer);
    const asked = now?.question;
    if (asked?.kind === "choice" && typeof answer === "number") tellAnswer({ ...asked, choice: answer });
  }

  return { line: [row.el], over: [place], destroy: watch.end };
}

/** @param {() => void} unfold */
function createRow(unfold) {
  const text = h("span");
  const el = h("div", { class: "lg-class-row", hidden: true }, text,
    button({ class: "lg-button lg-primary", text: "Question", onclick: unfold }));
  return {
    el,
    /**
     * @param {Watched} now
     * @param {boolean} folded
     */
    update({ question, left, open }, folded) {
      el.hidden = !question || !folded;
      setText(text, open && left !== null ? `${timeLeft(left)} left` : "Your teacher's question");
    },
  };
}

/**
 * @param {ClassQuestion} question
 * @param {{ send: (answer: OwnAnswer) => void, fold: () => void }} act
 */
function createCard(question, { send, fold }) {
  const id = `lg-question-${++made}`;
  const time = h("b", { class: "lg-question-time", role: "timer" });
  const field = createField(question, send);
  const state = h("p", { class: "lg-muted", role: "status" });
  const error = h("p", { class: "lg-error", role: "alert" });
  const chart = createAnswersChart(question);
  const el = h("section", { class: "lg-question lg-question-sheet", "aria-labelledby": id },
    h("div", { class: "lg-question-row" }, h("span", { class: "lg-muted", text: "Your teacher asks" }), time,
      button({ class: "lg-button lg-small lg-quiet", text: "Hide", title: "Look at the page; the question stays",
        onclick: fold })),
    h("h2", { class: "lg-question-ask", id, text: question.ask }), field.el, state, error, chart.el);
  return {
    el,
    /** @param {string} sentence */
    say: (sentence) => setText(error, sentence),
    /** @param {Watched} now */
    update({ question: next, answers, mine, left, open }) {
      if (!next) return;
      setText(time, open ? (left === null ? "" : timeLeft(left)) : "closed");
      field.set(mine);
      field.enable(open);
      setText(state, next.shown ? ownInWords(next, mine, answers) : stateInWords(mine, open));
      const shows = next.shown && answers !== null;
      chart.el.hidden = !shows;
      field.el.hidden = shows;
      if (answers && shows) chart.update(next, answers, Array.isArray(mine) ? mine : null);
    },
  };
}

/**
 * @param {OwnAnswer} mine
 * @param {boolean} open
 */
function stateInWords(mine, open) {
  if (open) return mine === null ? "" : "Your answer is in. You can change it until the time is up.";
  return mine === null ? "The question is closed." : "Your answer is in. Look at your teacher's screen.";
}

/**
 * @param {ClassQuestion} question
 * @param {(answer: OwnAnswer) => void} send
 * @returns {AnswerField}
 */
function createField({ kind, choices, axes }, send) {
  if (kind === "choice") return createChoices(choices, send);
  if (kind === "number" || !axes) return createNumber(send);
  const drawing = createCurveDrawing(axes, send);
  return { ...drawing, set: (mine) => drawing.set(Array.isArray(mine) ? mine : []) };
}

/**
 * @param {string[]} choices
 * @param {(answer: number) => void} send
 * @returns {AnswerField}
 */
function createChoices(choices, send) {
  const buttons = choices.map((text, i) =>
    button({ class: "lg-button lg-question-choice", text, "aria-pressed": "false", onclick: () => send(i) }));
  return {
    el: h("div", { class: "lg-question-choices" }, ...buttons),
    set: (mine) => buttons.forEach((each, i) => setAttr(each, "aria-pressed", String(i === mine))),
    enable: (open) => buttons.forEach((each) => setAttr(each, "aria-disabled", open ? null : "true")),
  };
}

/**
 * @param {(answer: number) => void} send
 * @returns {AnswerField}
 */
function createNumber(send) {
  const field = h("input", { class: "lg-field lg-question-number", type: "text", inputmode: "decimal",
    autocomplete: "off", maxlength: 20, "aria-label": "Your number" });
  const told = h("p", { class: "lg-error", role: "alert" });
  const go = button({ class: "lg-button lg-primary", text: "Send", onclick: submit });

  function submit() {
    const number = numberOf(field.value.trim().replace(",", "."));
    setText(told, Number.isFinite(number) ? "" : NO_NUMBER);
    if (Number.isFinite(number)) send(number);
  }

  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter") submit();
  });
  return {
    el: h("div", {}, h("div", { class: "lg-question-row" }, field, go), told),
    set(mine) {
      if (mine !== null && field.value === "") field.value = String(mine);
    },
    enable(open) {
      field.disabled = !open;
      setAttr(go, "aria-disabled", open ? null : "true");
    },
  };
}
