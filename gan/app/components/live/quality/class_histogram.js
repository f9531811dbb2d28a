/** Which classes the images are read as: ten bars, beside what they are among the real ones. */

import { h, setAttr, setText } from "../../shared/dom.js";
import { value } from "../../shared/format.js";

const CLASSES = Array.from({ length: 10 }, (_, label) => label);

/** @param {Record<string, string[]>} classNames of each data set */
export function createClassHistogram(classNames) {
  const bars = CLASSES.map(() => {
    const fill = h("i");
    const share = h("span", { class: "lg-digit-share" });
    const name = h("b", {});
    return { fill, share, name, el: h("li", {}, share, h("div", { class: "lg-digit-bar" }, fill), name) };
  });
  const missing = h("p", { class: "lg-digits-missing", role: "status" });
  const more = h("dl", { class: "lg-digits-more" });
  const figures = Object.fromEntries([
    ["coverage", "Coverage", "Share of the real images that have a generated one in their neighbourhood; real ones reach 97 %."],
    ["density", "Density", "How many places where real images lie an image hits, against a real one; about 1 is best."],
    ["confident", "Legible", "Share of the images that the classifier reads with a probability of at least 90 %."],
    ["copies", "Near copies", "Share of the images that are nearly a copy of a training image; 1 % of the real test images are, too."],
  ].map(([name, label, meaning]) => {
    const text = h("dd", { text: "–" });
    more.append(h("div", { title: meaning }, h("dt", { text: label }), text));
    return [name, text];
  }));
  const el = h("div", { class: "lg-digits" },
    h("h3", { class: "lg-title", text: "Read as, %" }), h("ul", { class: "lg-digit-bars" }, ...bars.map((bar) => bar.el)), missing, more);

  /** @param {object|undefined} score @param {{dataset: string, digits: number[]}|null} settings of the run */
  function show(score, settings) {
    const { dataset = "mnist", digits = null } = settings ?? {};
    const names = classNames[dataset];
    const fair = 1000 / (digits?.length ?? 10);
    const top = Math.max(2 * fair, ...(score?.histogram ?? []));
    el.style.setProperty("--lg-fair", fair / top);
    setAttr(el, "data-long", names.some((name) => name.length > 2) ? "" : null);
    bars.forEach(({ fill, share, name, el: bar }, digit) => {
      const mille = score?.histogram[digit] ?? 0;
      fill.style.transform = `scaleY(${mille / top})`;
      setText(name, names[digit]);
      setText(share, score ? `${value(mille / 10, 2)}` : "");
      setAttr(bar, "data-missing", score?.missing.includes(digit) ? "" : null);
      setAttr(bar, "aria-label", score ? `${names[digit]}: ${mille / 10} %` : null);
    });
    const none = dataset === "mnist" ? "No digit is missing." : "No class is missing.";
    setText(missing, !score ? "" : score.missing.length ? `Missing: ${score.missing.map((digit) => names[digit]).join(", ")}` : none);
    setAttr(missing, "data-alarm", score?.missing.length ? "" : null);
    const percent = (share) => (share === undefined ? "–" : `${value(100 * share, 2)} %`);
    setText(figures.coverage, percent(score?.coverage));
    setText(figures.density, score ? value(score.density, 2) : "–");
    setText(figures.confident, percent(score?.confident));
    setText(figures.copies, percent(score?.copies));
  }

  return { el, show };
}
