/** What a teacher opens a league with: the budget, the settings, the knobs that are free. */

/** @import { LeagueOffer } from "../types.d.ts" */
/** @import { ClassPage } from "./main.js" */

import { button, h, setText } from "../shared/dom.js";
import { numberOf } from "../shared/numbers.js";
import { createSeen } from "./league_seen.js";
import { post } from "./post.js";

const ABOUT = "All train for the same number of batches; the lowest FID, measured on 10,000 images, wins.";
const BUDGET = 500; // batches: about an epoch of MNIST

/** @param {ClassPage} page */
export function createOpeningForm({ base: server }) {
  const budget = h("input", { class: "lg-field", type: "text", inputmode: "numeric", value: BUDGET });
  const base = h("select", { class: "lg-field" });
  const free = h("select", { class: "lg-field" });
  const seen = createSeen();
  let made = "";

  const told = h("p", { class: "lg-league-told", role: "alert" });
  const open = async () => setText(told, (await post(server, "league/open", {
    budget: numberOf(budget.value.trim()), base: base.value, ...seen.fields(),
    ...(free.value ? { free: [free.value] } : {}),
  })) ?? "");

  return {
    el: h("div", { class: "lg-league-form" },
      h("p", { class: "lg-muted", text: ABOUT }),
      labelled("Batches for each", budget), labelled("Begin with", base), labelled("Free to choose", free),
      seen.el, told,
      button({ class: "lg-button lg-primary", text: "Open the league", onclick: open })),
    /** @param {LeagueOffer} offer */
    show(offer) {
      const key = JSON.stringify(offer);
      if (key === made) return;
      made = key;
      base.replaceChildren(...offer.bases.map(({ name, label }) => h("option", { value: name, text: label })));
      free.replaceChildren(h("option", { value: "", text: "All knobs" }),
        ...offer.knobs.map(({ name, label }) => h("option", { value: name, text: label })));
      free.value = "lr_g";
    },
  };
}

/**
 * @param {string} text
 * @param {HTMLElement} field
 */
const labelled = (text, field) => h("label", { class: "lg-league-field" }, h("span", { text }), field);
