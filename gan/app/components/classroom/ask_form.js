/** The form in which a teacher types a question: answers to choose from, a number, or a curve to be drawn. */

import { button, h, setAttr, setText } from "../shared/dom.js";
import { postCommand } from "../shared/commands.js";
import { numberOf } from "../shared/numbers.js";

const KINDS = /** @type {const} */ ([["choice", "Answers"], ["number", "A number"], ["curve", "A curve"]]);
const METRICS = [["g_loss", "generator's loss"], ["d_loss", "discriminator's loss"],
  ["d_real_acc", "accuracy on real images"], ["d_fake_acc", "accuracy on generated images"], ["fid", "FID"]];
const TIMES = [[30, "30 s"], [60, "1 min"], [120, "2 min"], [300, "5 min"]];
const MOST_CHOICES = 6;
const NO_RUN = "Open the run first whose curve they are to draw; it may be paused.";

/** @typedef {typeof KINDS[number][0]} Kind */

/** The run on the page, by its address. */
const runOnPage = () => {
  const run = new URLSearchParams(location.search).get("run");
  return run && run !== "new" ? run : null;
};

/**
 * @param {string} base the server's base path
 * @param {(question: object) => Promise<string | null>} ask one sentence if it was refused
 */
export function createAskForm(base, ask) {
  /** @type {Kind} */
  let kind = "choice";
  const text = h("input", { class: "lg-field lg-ask-text", type: "text", maxlength: 300, "aria-label": "Question",
    placeholder: "What will happen?" });
  const parts = { choice: createChoices(), number: createNumber(), curve: createCurve() };
  const time = createSelect("Time", TIMES);
  time.field.value = "60";
  const error = h("p", { class: "lg-error", role: "alert" });
  const tabs = KINDS.map(([name, label]) => button({ class: "lg-button lg-small", text: label,
    onclick: () => choose(name) }));
  const go = button({ class: "lg-button lg-primary", text: "Ask the class", onclick: submit });
  const el = h("div", { class: "lg-ask-form" }, h("h2", { class: "lg-question-ask", text: "Ask the class" }), text,
    h("div", { class: "lg-question-row", role: "group", "aria-label": "Students answer with" }, ...tabs),
    ...Object.values(parts).map((part) => part.el), h("div", { class: "lg-question-row" }, time.el, go), error);

  /** @param {Kind} next */
  function choose(next) {
    kind = next;
    KINDS.forEach(([name], i) => setAttr(tabs[i], "aria-pressed", String(name === kind)));
    for (const [name, part] of Object.entries(parts)) part.el.hidden = name !== kind;
    setAttr(text, "placeholder", kind === "curve" ? "How does the curve go on?" : "What will happen?");
  }

  async function submit() {
    const seconds = Number(time.field.value);
    const asked = text.value.trim() || (kind === "curve" ? "How does the curve go on?" : "");
    if (kind === "curve" && !runOnPage()) return setText(error, NO_RUN);
    setAttr(go, "aria-disabled", "true");
    if (kind === "curve") await postCommand(base, runOnPage() ?? "", { kind: "pause" }); // it may be at rest already
    setText(error, (await ask({ kind, ask: asked, seconds, ...parts[kind].fields() })) ?? "");
    setAttr(go, "aria-disabled", null);
    if (!error.textContent) text.value = "";
  }

  choose("choice");
  return { el, begin: () => text.focus() };
}

function createChoices() {
  const name = "lg-ask-right";
  /** @type {{ field: HTMLInputElement, right: HTMLInputElement }[]} */
  const rows = [];
  const list = h("div", { class: "lg-ask-choices" });
  const more = button({ class: "lg-button lg-small lg-quiet", text: "One more answer", onclick: add });

  function add() {
    const number = rows.length + 1;
    const field = h("input", { class: "lg-field", type: "text", maxlength: 160, "aria-label": `Answer ${number}`,
      placeholder: `Answer ${number}` });
    const right = h("input", { type: "radio", "aria-label": `Answer ${number} is right`, title: "This one is right" });
    right.name = name;
    rows.push({ field, right });
    list.append(h("div", { class: "lg-question-row" }, right, field));
    more.hidden = rows.length >= MOST_CHOICES;
  }

  for (let i = 0; i < 3; i++) add();
  return {
    el: h("div", {}, h("p", { class: "lg-muted", text: "The dot marks the right one, if you know it already." }), list,
      more),
    fields() {
      const given = rows.filter(({ field }) => field.value.trim() !== "");
      const right = given.findIndex((row) => row.right.checked);
      return { choices: given.map(({ field }) => field.value.trim()), right: right < 0 ? null : right };
    },
  };
}

function createNumber() {
  const field = h("input", { class: "lg-field", type: "text", inputmode: "decimal", maxlength: 20,
    "aria-label": "The right number, if you know it", placeholder: "right number, if known" });
  return {
    el: h("div", {}, field),
    fields() {
      const right = numberOf(field.value.trim());
      return { right: Number.isFinite(right) ? right : null };
    },
  };
}

function createCurve() {
  const metric = createSelect("Draw the", METRICS);
  const batches = createCount("batches", "400");
  const epochs = createCount("epochs", "3"); // a FID comes at the end of each
  const counted = () => (metric.field.value === "fid" ? epochs : batches);
  const show = () => [batches, epochs].forEach((each) => (each.el.hidden = each !== counted()));
  metric.field.addEventListener("change", show);
  show();
  return {
    el: h("div", {}, h("div", { class: "lg-question-row" }, metric.el, batches.el, epochs.el),
      h("p", { class: "lg-muted", text: "The run on this page pauses while they draw." })),
    fields: () => ({ curve: { run: runOnPage(), metric: metric.field.value, ...counted().field() } }),
  };
}

/**
 * For how long they draw.
 * @param {"batches" | "epochs"} what
 * @param {string} value
 */
function createCount(what, value) {
  const input = h("input", { class: "lg-field lg-ask-batches", type: "text", inputmode: "numeric", maxlength: 6, value,
    "aria-label": `${what[0].toUpperCase()}${what.slice(1)} to draw` });
  return {
    el: h("label", {}, "for ", input, ` ${what}`),
    field: () => ({ [what]: Math.round(numberOf(input.value.trim())) || 0 }),
  };
}

/**
 * @param {string} label
 * @param {(string | number)[][]} options their values and what they are called
 */
function createSelect(label, options) {
  const field = h("select", { class: "lg-select" },
    ...options.map(([value, text]) => h("option", { value, text: String(text) })));
  return { field, el: h("label", { class: "lg-ask-select" }, `${label} `, field) };
}
