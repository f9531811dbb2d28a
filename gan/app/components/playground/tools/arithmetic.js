/** Arithmetic: the mean of some picks minus the mean of others plus a third, after Radford et al. 2016. */

import { button, h, setAttr, setText } from "../../shared/dom.js";
import { createInvitation } from "../widgets/controls.js";
import { createPixelCanvas } from "../widgets/pixelCanvas.js";
import { arithmetic, mean, norm, stack } from "../engine/latent.js";
import { createImageQueue } from "../engine/imageQueue.js";
import { lengths } from "../engine/latentPrior.js";
import { letter } from "../state/state.js";

const TERMS = [["plus", "Add", null], ["minus", "Take away", "−"], ["start", "Start from", "+"]];

/** @param {object} page what all parts of the page share, see main.js */
export function createArithmetic(page) {
  const { state, touch } = page;
  const queue = createImageQueue(page.engine, page.say);
  const terms = TERMS.map(([set, label, sign]) => createTerm(set, label, sign));
  const result = createPixelCanvas("lg-term-image");
  const formula = h("p", { class: "lg-formula", role: "status" });
  const note = h("p", { class: "lg-muted" });
  const invitation = createInvitation("Arithmetic needs three picks: click samples above.", () => page.fill(3));
  const content = h("div", { class: "lg-arithmetic" },
    h("div", { class: "lg-equation" },
      ...terms.flatMap((term) => [term.sign, term.el]),
      h("span", { class: "lg-sign", "aria-hidden": "true", text: "=" }),
      h("div", { class: "lg-term" }, h("span", { class: "lg-muted lg-term-label", text: "Result" }), result.el)),
    formula, note);
  let spot = { key: "", z: null };
  let drawn = "";

  function createTerm(set, label, sign) {
    const picture = createPixelCanvas("lg-term-image");
    const chips = h("div", { class: "lg-chips", role: "group", "aria-label": label });
    return {
      set,
      sign: sign && h("span", { class: "lg-sign", "aria-hidden": "true", text: sign }),
      picture,
      el: h("div", { class: "lg-term" }, h("span", { class: "lg-muted lg-term-label", text: "Mean of" }), picture.el, chips),
      /** One chip a pick; pressed if it is in the set. */
      update() {
        while (chips.children.length > state.picks.length) chips.lastChild.remove();
        state.picks.forEach((pick, i) => {
          if (!chips.children[i]) chips.append(button({ class: "lg-letter-chip", text: letter(i), onclick: () => toggle(set, i) }));
          setAttr(chips.children[i], "aria-pressed", state.sum[set].includes(pick.id) ? "true" : "false");
        });
      },
    };
  }

  function toggle(set, index) {
    const { id } = state.picks[index];
    const chosen = state.sum[set];
    state.sum = { ...state.sum, [set]: chosen.includes(id) ? chosen.filter((other) => other !== id) : [...chosen, id] };
    touch();
  }

  /** Vectors of the picks in a set. */
  const members = (set, vectors) => vectors.filter((_, i) => state.sum[set].includes(state.picks[i].id));
  const meanOf = (points, d) => (points.length ? mean(points) : new Float32Array(d));

  function sum(vectors, d) {
    const start = meanOf(members("start", vectors), d);
    return arithmetic(members("plus", vectors), members("minus", vectors), start);
  }

  /** "(A + B) / 2 − C + D" */
  function words() {
    const named = (set) => {
      const names = state.picks.flatMap((pick, i) => (state.sum[set].includes(pick.id) ? [letter(i)] : []));
      return names.length > 1 ? `(${names.join(" + ")}) / ${names.length}` : names[0] ?? "0";
    };
    return `${named("plus")} − ${named("minus")} + ${named("start")}`;
  }

  /** Sets of picks that are all gone start anew with the first three. */
  function repair() {
    const ids = state.picks.map((pick) => pick.id);
    const chosen = Object.values(state.sum).flat();
    if (!chosen.length || chosen.some((id) => ids.includes(id))) return;
    state.sum = { plus: [ids[0]], minus: [ids[1]], start: [ids[2]] };
  }

  const keyOf = ({ names, model }) => `${names} ${JSON.stringify(state.sum)} ${model.latentDim}`;

  return {
    label: "Arithmetic",
    sentence: "Directions have meaning: what A has and B has not, added to C. "
      + "Averages of several picks work best. Click the letters to choose.",
    el: h("div", {}, content, invitation),
    visit() {},

    update(now) {
      const enough = now.vectors.length >= 3;
      content.hidden = !enough;
      invitation.hidden = enough;
      if (!enough) return;
      repair();
      for (const term of terms) term.update();
      setText(formula, words());
      const { model, vectors, dropout } = now;
      const wanted = `${now.key} ${keyOf(now)}`;
      if (wanted === drawn) return;
      drawn = wanted;
      const d = model.latentDim;
      const z = sum(vectors, d);
      const usual = lengths(model.settings.noise, d).mean;
      setText(note, `This z is ${norm(z).toFixed(1)} long; random z are about ${usual.toFixed(1)}. The longer it is, the bolder the image.`);
      const means = terms.map(({ set }) => meanOf(members(set, vectors), d));
      queue.ask(model, stack([...means, z]), { dropout, opinions: false }, ({ pixels }) => {
        terms.forEach(({ picture, set }, i) => {
          picture.show(pixels, i, model.side);
          picture.label({ plus: "What is added", minus: "What is taken away", start: "What it starts from" }[set]);
        });
        result.show(pixels, 3, model.side);
        result.label(`Result of ${words()}`);
      });
    },

    focus(now) {
      if (now.vectors.length < 3) return null;
      const key = keyOf(now);
      if (spot.key !== key) spot = { key, z: sum(now.vectors, now.model.latentDim) };
      return { z: spot.z, words: words() };
    },
    saved: () => (content.hidden ? null
      : { canvases: [...terms.map(({ picture }) => picture.el), result.el], film: null, vectors: [] }),
    destroy() {},
  };
}
