/** The tab "Game": how each network's side of the game stands, live, in a replay, or after any kept epoch. */

/** @import { View } from "../tabs.js" */
/** @import { ViewContext } from "../context.js" */

import { h } from "../../../shared/dom.js";
import { withTerms } from "../../../shared/terms.js";
import { createMapCard } from "./map_card.js";
import { createOutputsCard } from "./outputs_card.js";
import { createVerdictsCard } from "./verdicts_card.js";

const SENTENCE = "The {generator|generator} tries to make images that the {discriminator|discriminator} takes for "
  + "real; the discriminator tries to tell them from real ones. Here you see how that game stands.";

/**
 * @param {HTMLElement} root
 * @param {ViewContext} context
 * @returns {View}
 */
export function mountGame(root, context) {
  const map = createMapCard(context);
  const outputs = createOutputsCard(context);
  const verdicts = createVerdictsCard(context);
  const cards = [map, outputs, verdicts];
  root.append(h("p", { class: "lg-view-sentence" }, ...withTerms(SENTENCE)),
    h("div", { class: "lg-game" }, h("div", { class: "lg-game-side" }, map.el, outputs.el), verdicts.el));
  const update = () => cards.forEach((card) => card.update());
  update();
  return {
    update,
    destroy: () => cards.forEach((card) => card.destroy()),
  };
}
