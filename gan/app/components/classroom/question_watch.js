/** Watches the question that the class is asked: what it is, the answers, one's own, and how much time is left. */

/** @import { ClassAnswers, ClassQuestion } from "../types.d.ts" */

import { onPart } from "../shared/class_parts.js";

const TICK_MS = 250;

/**
 * @typedef {number | [number, number][] | null} OwnAnswer
 * @typedef {object} Watched
 * @property {ClassQuestion | null} question
 * @property {ClassAnswers | null} answers of this question; null: they are not told
 * @property {OwnAnswer} mine
 * @property {number | null} left seconds; null: not known yet
 * @property {boolean} open whether it can be answered
 */

/**
 * @param {string} base the server's base path
 * @param {(now: Watched) => void} changed called with every change, and while the time runs
 */
export function watchQuestion(base, changed) {
  /** @type {ClassQuestion | null} */
  let question = null;
  /** @type {ClassAnswers | null} */
  let answers = null;
  /** @type {OwnAnswer} */
  let mine = null;
  /** @type {number | null} by this page's clock, in ms: those of phones differ by minutes */
  let deadline = null;
  let asked = "";
  let timer = 0;

  function tell() {
    const left = deadline === null ? null : Math.max(0, (deadline - performance.now()) / 1000);
    const open = question !== null && question.open && left !== 0;
    changed({ question, answers: answers?.id === question?.id ? answers : null, mine, left, open });
    clearTimeout(timer);
    if (open) timer = setTimeout(tell, TICK_MS);
  }

  /** Ask how much time is left, and for one's own answer. */
  async function look() {
    const found = await fetch(`${base}/api/class/question`).then((answer) => answer.json(), () => null);
    if (!found?.question || found.question.id !== question?.id) return;
    mine = found.mine;
    deadline = performance.now() + found.question.left * 1000;
    tell();
  }

  const ends = [
    onPart("question", (next) => {
      if (next?.id !== question?.id) mine = deadline = null;
      question = next;
      const key = next ? `${next.id} ${next.closes} ${next.open}` : "";
      if (next && key !== asked) look();
      asked = key;
      tell();
    }),
    onPart("answers", (next) => {
      answers = next;
      tell();
    }),
  ];
  return {
    /** @param {OwnAnswer} value an answer that was taken */
    answered(value) {
      mine = value;
      tell();
    },
    end() {
      clearTimeout(timer);
      for (const end of ends) end();
    },
  };
}
