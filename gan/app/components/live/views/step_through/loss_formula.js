/** The formula of a loss, and the same with the numbers of the batch put in, typeset in MathML. */

/** @import { LossTerm, Settings } from "../../../types.d.ts" */

import { h } from "../../../shared/dom.js";
import { figure } from "../../../shared/format.js";
import { m } from "./svg.js";

const MINUS = "−";

/** @param {string} text */
const mi = (text) => m("mi", text);
/** @param {string} text */
function mo(text) {
  const el = m("mo", text);
  el.setAttribute("stretchy", "false");
  return el;
}
/** @param {number} x */
const mn = (x) => (x < 0 ? m("mrow", mo(MINUS), m("mn", figure(-x, 4))) : m("mn", figure(x, 4)));

/**
 * The logit of an image, or the difference of two.
 * @param {LossTerm["of"]} of
 */
function logit(of) {
  const [first, second] = of.split(" - ").map((name) => m("msub", mi("x"), m("mtext", name)));
  return second ? m("mrow", mo("("), first, mo(MINUS), second, mo(")")) : first;
}

/**
 * The loss of one logit, by the kind of its criterion.
 * @type {Record<string, (term: LossTerm) => Element>}
 */
const CRITERIA = {
  bce: ({ of, label }) => m("mrow", ...entropy(logit(of), label)),
  squared({ of, label }) {
    if (!label) return m("msup", logit(of), m("mn", "2"));
    return m("msup", m("mrow", mo("("), logit(of), mo(MINUS), m("mn", String(label)), mo(")")), m("mn", "2"));
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
  const yes = m("mrow", mi("log"), mo("\u2061"), mi("σ"), mo("("), x.cloneNode(true), mo(")"));
  const no = m("mrow", mi("log"), mo("\u2061"), mo("("), m("mn", "1"), mo(MINUS), mi("σ"), mo("("), x, mo(")"),
    mo(")"));
  if (label === 1) return [mo(MINUS), yes];
  if (label === 0) return [mo(MINUS), no];
  const rest = String(Number((1 - label).toFixed(4)));
  return [mo(MINUS), m("mn", String(Number(label.toFixed(4)))), yes, mo(MINUS), m("mn", rest), no];
}

/**
 * @param {"D" | "G"} side whose loss it is
 * @param {Settings["loss"]} name
 * @param {number} loss
 * @param {LossTerm[]} terms
 */
export function lossFormula(side, name, loss, terms) {
  const left = m("msub", mi("L"), mi(side));
  const mean = (/** @type {LossTerm} */ term) => m("mrow", m("mtext", "mean"), mo("("), CRITERIA[CRITERION[name]](term),
    mo(")"));
  const numbers = summands(terms, (term) => mn(term.mean));
  const row = (/** @type {Element[]} */ ...cells) => m("mtr", ...cells.map((cell) => m("mtd", cell)));
  const general = summands(terms, mean).map((each, i) =>
    (i ? row(m("mrow"), m("mrow"), each) : row(left, mo("="), each)));
  const apart = terms.length > 1 || terms[0].weight !== 1; // else it is the loss itself
  const math = m("math", m("mtable", ...general, ...(apart ? [row(m("mrow"), mo("="), m("mrow", ...numbers))] : []),
    row(m("mrow"), mo("="), mn(loss))));
  math.setAttribute("display", "block");
  return h("div", { class: "lg-step-formula", tabindex: 0, role: "group", "aria-label": "The loss as a formula" },
    math);
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
    const factor = size === 1 ? [] : [m("mn", String(size)), mo("·")];
    const inner = shown(term);
    const bracketed = sign.length + factor.length > 0 && inner.firstChild?.textContent === MINUS;
    return m("mrow", ...sign, ...factor, ...(bracketed ? [mo("("), inner, mo(")")] : [inner]));
  });
}
