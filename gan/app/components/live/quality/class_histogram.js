/**
 * Which classes the images are read as: ten bars, and a line at the share that each has among the real ones. For a run
 * that draws chosen classes also how often each is read as it was asked.
 */

/** @import { LiveData, Score, Settings } from "../../types.d.ts" */

import { h, setAttr, setText } from "../../shared/dom.js";
import { value } from "../../shared/format.js";

const CLASSES = Array.from({ length: 10 }, (_, label) => label);
const FIGURES = /** @type {const} */ ([
  ["coverage", "Coverage"], ["density", "Density"], ["confident", "Legible"], ["copies", "Near copies"],
]);

/** @param {number} share */
const percent = (share) => `${value(100 * share, 2)} %`;

/** @param {LiveData["class_names"]} classNames of each data set */
export function createClassHistogram(classNames) {
  const bars = CLASSES.map(createBar);
  const missing = h("p", { class: "lg-digits-missing", role: "status" });
  const asked = h("p", { class: "lg-digits-asked lg-muted" });
  const figures = createFigures();
  const el = h("div", { class: "lg-digits" },
    h("h3", { class: "lg-title", text: "Read as, %" }),
    h("ul", { class: "lg-digit-bars", "data-figure": "digits" }, ...bars.map((bar) => bar.el)),
    asked, missing, figures.el);

  /**
   * @param {Score | undefined} score
   * @param {Pick<Settings, "dataset" | "digits"> | null} settings of the run
   */
  function show(score, settings) {
    const { dataset = "mnist", digits = null } = settings ?? {};
    const names = classNames[dataset];
    const fair = 1000 / (digits?.length ?? 10); // per mille
    const top = Math.max(2 * fair, ...(score?.histogram ?? []));
    el.style.setProperty("--lg-fair", String(fair / top));
    setAttr(el, "data-long", names.some((name) => name.length > 2) ? "" : null);
    bars.forEach((bar, label) => bar.show(score, names[label], label, top));
    setText(asked, askedText(score, names));
    setText(missing, score ? missingText(score, names, dataset) : "");
    setAttr(missing, "data-alarm", score?.missing.length ? "" : null);
    figures.show(score);
  }

  return { el, show };
}

/**
 * @param {Score} score
 * @param {string[]} names of the classes
 * @param {Settings["dataset"]} dataset
 */
function missingText(score, names, dataset) {
  if (score.missing.length) return `Missing: ${score.missing.map((label) => names[label]).join(", ")}`;
  return dataset === "mnist" ? "No digit is missing." : "No class is missing.";
}

/**
 * How often images are read as they were asked to be, in words; "" if nothing was asked.
 * @param {Score | undefined} score
 * @param {string[]} names of the classes
 */
export function askedText(score, names) {
  const shares = (score?.as_asked ?? []).flatMap((mille, label) => (mille === null ? [] : [{ mille, label }]));
  if (!shares.length) return "";
  const { mille, label } = shares.reduce((one, next) => (next.mille < one.mille ? next : one));
  return `Below each: % of its images that are read as asked, least often ${names[label]} (${mille / 10} %).`;
}

function createBar() {
  const fill = h("i");
  const share = h("span", { class: "lg-digit-share" });
  const caption = h("b");
  const asked = h("span", { class: "lg-digit-share lg-digit-asked" });
  const el = h("li", {}, share, h("div", { class: "lg-digit-bar" }, fill), caption, asked);
  return {
    el,
    /**
     * @param {Score | undefined} score
     * @param {string} name of the class
     * @param {number} label its number
     * @param {number} top the per mille of a full bar
     */
    show(score, name, label, top) {
      const mille = score?.histogram[label] ?? 0;
      const right = showAsked(asked, score, label);
      fill.style.transform = `scaleY(${mille / top})`;
      setText(caption, name);
      setText(share, score ? value(mille / 10, 2) : "");
      setAttr(el, "data-missing", score?.missing.includes(label) ? "" : null);
      setAttr(el, "aria-label", score ? `${name}: ${mille / 10} %${right}` : null);
    },
  };
}

/**
 * Show how often the images of a class are read as asked.
 * @param {HTMLElement} el
 * @param {Score | undefined} score
 * @param {number} label the number of the class
 * @returns the same for a screen reader; "" if it was not asked for
 */
function showAsked(el, score, label) {
  const right = score?.as_asked?.[label] ?? null;
  el.hidden = !score?.as_asked;
  setText(el, right === null ? "" : value(right / 10, 3));
  return right === null ? "" : `, ${right / 10} % read as asked`;
}

/** Further figures of the images, below the bars. */
function createFigures() {
  const el = h("dl", { class: "lg-digits-more" });
  const texts = FIGURES.map(([name, label]) => {
    const text = h("dd", { text: "–" });
    el.append(h("div", { "data-word": name, "data-figure": name }, h("dt", { text: label }), text));
    return { name, text };
  });
  return {
    el,
    /** @param {Score | undefined} score */
    show(score) {
      for (const { name, text } of texts) {
        const shown = name === "density" ? score && value(score.density, 2) : score && percent(score[name]);
        setText(text, shown ?? "–");
      }
    },
  };
}
