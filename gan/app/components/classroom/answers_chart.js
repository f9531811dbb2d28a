/** All answers to a question: bars of choices or of numbers, or everybody's curve and how it really went. */

/** @import { ClassAnswers, ClassQuestion } from "../types.d.ts" */

import { h, setAttr, setText } from "../shared/dom.js";
import { value } from "../shared/format.js";
import { createCurveChart } from "./curve_chart.js";
import { answersInWords, bins, isNearest, nearestInWords, rightInWords } from "./question_texts.js";

/** @param {ClassQuestion} question */
export function createAnswersChart(question) {
  const total = h("p", { class: "lg-muted" });
  const right = h("p", { class: "lg-question-right" });
  const because = h("p");
  const nearest = h("p", { class: "lg-question-right" });
  const shown = question.axes ? createCurves(question.axes) : createBars();
  return {
    el: h("div", { class: "lg-answers" }, total, shown.el, right, nearest, because),
    /**
     * @param {ClassQuestion} now
     * @param {ClassAnswers} answers
     * @param {import("./drawn_line.js").Point[] | null} mine
     */
    update(now, answers, mine = null) {
      setText(total, answersInWords(answers.count));
      setText(right, rightInWords(now));
      setText(nearest, nearestInWords(now, answers));
      setText(because, now.because);
      for (const el of [right, nearest, because]) el.hidden = !el.textContent;
      shown.update(now, answers, mine);
    },
  };
}

/** @param {NonNullable<ClassQuestion["axes"]>} axes */
function createCurves(axes) {
  const chart = createCurveChart(axes);
  return {
    el: chart.el,
    /**
     * @param {ClassQuestion} question
     * @param {ClassAnswers} answers
     * @param {import("./drawn_line.js").Point[] | null} mine
     */
    update({ told, right }, answers, mine) {
      chart.drawOthers(answers.entries.map(({ value: line, nearest }) =>
        ({ line: Array.isArray(line) ? line : [], nearest })));
      chart.drawMine(mine && !isNearest(mine, answers) ? mine : []); // the nearest has its own mark
      chart.drawReal(told && Array.isArray(right) ? right : []);
    },
  };
}

function createBars() {
  const el = h("ul", { class: "lg-answers-bars" });
  return {
    el,
    /**
     * @param {ClassQuestion} question
     * @param {ClassAnswers} answers
     */
    update(question, answers) {
      const rows = question.kind === "choice" ? ofChoices(question, answers) : ofNumbers(question, answers);
      const most = Math.max(1, ...rows.map((row) => row.count));
      el.replaceChildren(...rows.map((row) => bar(row, row.count / most)));
    },
  };
}

/** @typedef {{ text: string, count: number, right: boolean, people: string[] }} Row */

/**
 * @param {ClassQuestion} question
 * @param {ClassAnswers} answers
 * @returns {Row[]}
 */
const ofChoices = ({ choices, told, right }, { tally, people }) => choices.map((text, i) =>
  ({ text, count: tally[i] ?? 0, right: told && right === i, people: people[i] ?? [] }));

/**
 * @param {ClassQuestion} question
 * @param {ClassAnswers} answers
 * @returns {Row[]}
 */
function ofNumbers({ told, right }, { entries }) {
  const given = entries.map((entry) => Number(entry.value));
  return bins(given).map(({ from, to, count }) => {
    const inside = entries.filter((_, i) => given[i] >= from && (given[i] < to || from === to));
    const text = from === to ? value(from) : `${value(from)} to ${value(to)}`;
    const isRight = told && right !== null && Number(right) >= from && (Number(right) < to || from === to);
    return { text, count, right: isRight, people: inside.flatMap((entry) => entry.name ?? []) };
  });
}

/**
 * @param {Row} row
 * @param {number} share
 */
function bar({ text, count, right, people }, share) {
  const fill = h("i");
  fill.style.transform = `scaleX(${share})`;
  const el = h("li", { class: "lg-answers-row" }, h("span", { class: "lg-answers-text", text }),
    h("b", { text: String(count) }), h("div", { class: "lg-bar", "aria-hidden": "true" }, fill),
    people.length ? h("small", { class: "lg-muted", text: people.join(", ") }) : null);
  setAttr(el, "data-right", right);
  if (right) el.append(h("span", { class: "lg-sr", text: "This is right." }));
  return el;
}
