/** The formula of a loss, and the same with the numbers of the batch put in, typeset in MathML. */

/** @import { LossTerm, Settings } from "../../../types.d.ts" */

import { h } from "../../../shared/dom.js";
import { figure } from "../../../shared/format.js";
import { math } from "../../../shared/svg.js";

const MINUS = "−";

/** @param {string} text */
const mi = (text) => math("mi", text);
/** @param {string} text */
function mo(text) {
  const el = math("mo", text);
  el.setAttribute("stretchy", "false");
  return el;
}
/** @param {number} x */
const mn = (x) => (x < 0 ? math("mrow", mo(MINUS), math("mn", figure(-x, 4))) : math("mn", figure(x, 4)));

/**
 * The logit of an image, or the difference of two.
 * @param {LossTerm["of"]} of
 */
function logit(of) {
  const [first, second] = of.split(" - ").map((name) => math("msub", mi("x"), math("mtext", name)));
  return second ? math("mrow", mo("("), first, mo(MINUS), second, mo(")")) : first;
}

/**
 * The loss of one logit, by the kind of its criterion.
 * @type {Record<string, (term: LossTerm) => Element>}
 */
const CRITERIA = {
  bce: ({ of, label }) => math("mrow", ...entropy(logit(of), label)),
  squared({ of, label }) {
    if (!label) return math("msup", logit(of), math("mn", "2"));
    const difference = math("mrow", mo("("), logit(of), mo(MINUS), math("mn", String(label)), mo(")"));
    return math("msup", difference, math("mn", "2"));
  },
  score: ({ of }) => logit(of),
};

/** @type {Record<string, keyof typeof CRITERIA>} */
const CRITERION = {
  "non-saturating": "bce", minimax: "bce", "least-squares": "squared", wasserstein: "score", relativistic: "bce",
};

/**
 * The binary cross-entropy of a logit.
 * @param {Element} x the logit
 * @param {number} label
 * @returns {Element[]}
 */
function entropy(x, label) {
  const yes = math("mrow", mi("log"), mo("\u2061"), mi("σ"), mo("("), x.cloneNode(true), mo(")"));
  const no = math("mrow", mi("log"), mo("\u2061"), mo("("), math("mn", "1"), mo(MINUS), mi("σ"), mo("("), x, mo(")"),
    mo(")"));
  if (label === 1) return [mo(MINUS), yes];
  if (label === 0) return [mo(MINUS), no];
  const rest = String(Number((1 - label).toFixed(4)));
  return [mo(MINUS), math("mn", String(Number(label.toFixed(4)))), yes, mo(MINUS), math("mn", rest), no];
}

/**
 * @param {"D" | "G"} side whose loss it is
 * @param {Settings["loss"]} name
 * @param {number} loss
 * @param {LossTerm[]} terms
 */
export function lossFormula(side, name, loss, terms) {
  const left = math("msub", mi("L"), mi(side));
  const mean = (/** @type {LossTerm} */ term) =>
    math("mrow", math("mtext", "mean"), mo("("), CRITERIA[CRITERION[name]](term), mo(")"));
  const numbers = summands(terms, (term) => mn(term.mean));
  const row = (/** @type {Element[]} */ ...cells) => math("mtr", ...cells.map((cell) => math("mtd", cell)));
  const general = summands(terms, mean).map((each, i) =>
    (i ? row(math("mrow"), math("mrow"), each) : row(left, mo("="), each)));
  const apart = terms.length > 1 || terms[0].weight !== 1; // else it is the loss itself
  const inserted = apart ? [row(math("mrow"), mo("="), math("mrow", ...numbers))] : [];
  const formula = math("math", math("mtable", ...general, ...inserted, row(math("mrow"), mo("="), mn(loss))));
  formula.setAttribute("display", "block");
  return h("div", { class: "lg-step-formula", tabindex: 0, role: "group", "aria-label": "The loss as a formula" },
    formula);
}

/**
 * The summands of a weighted sum, with their signs.
 * @param {LossTerm[]} terms
 * @param {(term: LossTerm) => Element} shown
 */
function summands(terms, shown) {
  return terms.map((term, i) => {
    const sign = term.weight < 0 ? [mo(MINUS)] : i ? [mo("+")] : [];
    if (i) sign[0].setAttribute("form", "infix"); // with the space of a sign between two numbers
    const size = Math.abs(term.weight);
    const factor = size === 1 ? [] : [math("mn", String(size)), mo("·")];
    const inner = shown(term);
    const bracketed = sign.length + factor.length > 0 && inner.firstChild?.textContent === MINUS;
    return math("mrow", ...sign, ...factor, ...(bracketed ? [mo("("), inner, mo(")")] : [inner]));
  });
}
