/** The tab "Game": how each network's side of the game stands, live, in a replay, or after any kept epoch. */

/** @import { View } from "../tabs.js" */
/** @import { ViewContext } from "../context.js" */

import { h } from "../../../shared/dom.js";
import { createOutputsCard } from "./outputs_card.js";

const SENTENCE = "The generator tries to make images that the discriminator takes for real; the discriminator tries to "
  + "tell them from real ones. Here you see how that game stands.";

/**
 * @param {HTMLElement} root
 * @param {ViewContext} context
 * @returns {View}
 */
export function mountGame(root, context) {
  const cards = [createOutputsCard(context)];
  root.append(h("p", { class: "lg-view-sentence", text: SENTENCE }),
    h("div", { class: "lg-game" }, ...cards.map((card) => card.el)));
  return {
    update: () => cards.forEach((card) => card.update()),
    destroy: () => cards.forEach((card) => card.destroy()),
  };
}
