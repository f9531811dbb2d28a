/** The question that is asked, on the teacher's page: how many have answered, and what comes next. */

/** @import { ClassQuestion, RunList } from "../types.d.ts" */
/** @import { Watched } from "./question_watch.js" */

import { button, h, setAttr, setText } from "../shared/dom.js";
import { postCommand } from "../shared/commands.js";
import { numberOf } from "../shared/numbers.js";
import { watchRuns } from "../shared/runs_feed.js";
import { createAnswersChart } from "./answers_chart.js";
import { post } from "./post.js";
import { answersInWords, timeLeft } from "./question_texts.js";

const AGAIN_MS = 3000; // between two tries to compare with the real curve

/** @param {string} base the server's base path */
export function createAskedPanel(base) {
  /** @type {Watched | null} */
  let now = null;
  let shown = "";
  const view = createView({ act, train });
  const end = watchRuns(base, comparer(base, () => now?.question ?? null));

  /**
   * @param {string} name
   * @param {object} [more]
   */
  async function act(name, more = {}) {
    view.say((await post(base, `question/${now?.question?.id}`, { act: name, ...more })) ?? "");
  }

  async function train() {
    const run = now?.question?.axes?.run;
    if (run) view.say((await postCommand(base, run, { kind: "resume" })) ?? "");
  }

  return {
    el: view.el,
    destroy: end,
    /** @param {Watched} next with a question */
    update(next) {
      const timeIsUp = now?.open && now.question?.id === next.question?.id && !next.open && next.question?.open;
      now = next;
      if (!next.question) return;
      if (next.question.id !== shown) view.begin(next.question);
      shown = next.question.id;
      if (timeIsUp) act("close");
      view.update(next.question, next);
    },
  };
}

/**
 * Has the drawings compared with the real curve, once the answers are shown and the run has got there.
 * @param {string} base the server's base path
 * @param {() => ClassQuestion | null} asked
 * @returns {(list: RunList) => void}
 */
function comparer(base, asked) {
  let triedAt = -AGAIN_MS;
  return ({ runs }) => {
    const question = asked();
    if (!question?.axes || !question.shown || question.told) return;
    const { run, to_batch: end } = question.axes;
    const there = runs.some((each) => each.name === run && each.batch >= end);
    if (!there || performance.now() - triedAt < AGAIN_MS) return;
    triedAt = performance.now();
    post(base, `question/${question.id}`, { act: "tell", whole: true }); // a FID comes after the end of its epoch
  };
}

/** @typedef {{ act: (name: string, more?: object) => void, train: () => void }} Acts */

/** @param {Acts} acts */
function createView({ act, train }) {
  /** @type {ReturnType<typeof createAnswersChart> | null} */
  let chart = null;
  const time = h("b", { class: "lg-question-time" });
  const total = h("b", { class: "lg-asked-count" });
  const ask = h("h2", { class: "lg-question-ask" });
  const place = h("div");
  const error = h("p", { class: "lg-error", role: "alert" });
  const right = createRight((value) => act("tell", { right: value }));
  const names = tool("Names", "Show who has answered what",
    () => act(names.getAttribute("aria-pressed") === "true" ? "no_names" : "names"));
  /** @type {Record<string, HTMLButtonElement>} */
  const buttons = {
    close: tool("Close", "Nobody can answer any more", () => act("close"), true),
    more: tool("30 s more", "Let them answer for 30 seconds more", () => act("more_time")),
    show: tool("Show the answers", "On all pages, without names", () => act("show"), true),
    run: tool("Let it train", "See how the curve really goes on", train, true),
    tell: tool("Tell what is right", "On all pages", () => act("tell")),
    names,
    end: tool("Put away", "Take the question off all pages", () => act("end")),
  };
  return {
    el: h("div", { class: "lg-asked" },
      h("div", { class: "lg-question-row lg-asked-head" }, time, total), ask, place, right.el,
      h("div", { class: "lg-question-row lg-asked-tools" }, ...Object.values(buttons)), error),
    /** @param {string} sentence */
    say: (sentence) => setText(error, sentence),
    /** @param {ClassQuestion} question */
    begin(question) {
      chart = createAnswersChart(question);
      place.replaceChildren(chart.el);
      right.begin(question);
      setText(ask, question.ask);
      setText(error, "");
    },
    /**
     * @param {ClassQuestion} question
     * @param {Watched} now
     */
    update(question, { answers, left, open }) {
      setText(time, open ? timeLeft(left ?? question.seconds) : "closed");
      setText(total, question.shown ? "" : `· ${answersInWords(answers?.count ?? 0)}`);
      place.hidden = !question.shown || !answers;
      if (chart && answers && question.shown) chart.update(question, answers);
      showTools(question, open, buttons);
      right.el.hidden = !wantsRight(question, open);
    },
  };
}

/**
 * Whether the teacher has to say what is right.
 * @param {ClassQuestion} question
 * @param {boolean} open
 */
const wantsRight = ({ kind, known, shown, told }, open) => !open && shown && !told && !known && kind !== "curve";

/**
 * @param {ClassQuestion} question
 * @param {boolean} open
 * @param {Record<string, HTMLButtonElement>} buttons
 */
function showTools(question, open, { close, more, show, run, tell, names }) {
  const { shown, told, known, kind } = question;
  close.hidden = !open;
  more.hidden = shown;
  show.hidden = open || shown;
  run.hidden = !shown || told || kind !== "curve";
  tell.hidden = !shown || told || !(known || kind === "curve");
  setText(tell, kind === "curve" ? "Compare now" : "Tell what is right");
  tell.classList.toggle("lg-primary", kind !== "curve"); // first the run has to get there
  names.hidden = !shown;
  setAttr(names, "aria-pressed", String(question.names));
}

/**
 * @param {string} text
 * @param {string} title
 * @param {() => void} onclick
 */
const tool = (text, title, onclick, primary = false) =>
  button({ class: `lg-button ${primary ? "lg-primary" : ""}`, text, title, onclick });

/** @param {(value: number) => void} tell */
function createRight(tell) {
  const el = h("div", { class: "lg-asked-right", hidden: true });
  return {
    el,
    /** @param {ClassQuestion} question */
    begin({ kind, choices }) {
      el.replaceChildren(h("p", { class: "lg-muted", text: "What was right?" }), kind === "choice"
        ? h("div", { class: "lg-question-choices" }, ...choices.map((text, i) =>
          button({ class: "lg-button", text, onclick: () => tell(i) })))
        : numberField(tell));
    },
  };
}

/** @param {(value: number) => void} tell */
function numberField(tell) {
  const field = h("input", { class: "lg-field", type: "text", inputmode: "decimal", maxlength: 20,
    "aria-label": "The right number" });
  const go = button({ class: "lg-button lg-primary", text: "Tell", onclick: () => {
    const number = numberOf(field.value.trim());
    if (Number.isFinite(number)) tell(number);
  } });
  return h("div", { class: "lg-question-row" }, field, go);
}
