/** How much of each pick is in the mixture under the pointer. */

import { button, h, setBlocked, setText } from "../../shared/dom.js";
import { letter } from "../state/state.js";

/** @param {() => void} clear empties the trail */
export function createPadShares(clear) {
  const shares = [0, 1, 2, 3].map((i) => createShare(letter(i)));
  const wipe = button({ class: "lg-button lg-small", text: "Clear trail", onclick: clear });
  return {
    els: [...shares.map(({ el }) => el), wipe],
    /**
     * @param {{x: number, y: number}} place from 0 to 1
     * @param {boolean} hasTrail
     */
    update({ x, y }, hasTrail) {
      [(1 - x) * (1 - y), x * (1 - y), (1 - x) * y, x * y].forEach((share, i) => shares[i].set(share));
      setBlocked(wipe, hasTrail ? null : "There is no trail yet.");
    },
  };
}

/** @param {string} name */
function createShare(name) {
  const fill = h("i");
  const text = h("output");
  return {
    el: h("div", { class: "lg-share" },
      h("span", { class: "lg-letter", text: name }), h("div", { class: "lg-bar" }, fill), text),
    /** @param {number} share */
    set(share) {
      fill.style.transform = `scaleX(${share})`;
      setText(text, `${Math.round(share * 100)} %`);
    },
  };
}
