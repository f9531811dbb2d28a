/** Where the digits of a walk are typed; empty: all of them. */

import { h, setAttr } from "../../shared/dom.js";
import { withError } from "../../shared/field_error.js";
import { learned, readDigits } from "../state/digit.js";

/** @import { Model } from "../engine/engine.js" */
/** @import { Page } from "../types.d.ts" */

/** @param {Page} page */
export function createRouteField({ state: { walk }, requestDraw }) {
  const field = h("input", {
    class: "lg-field lg-route", type: "text", inputmode: "numeric", autocomplete: "off", value: walk.digits,
    "aria-label": "Digits on the way",
  });
  const checked = withError(field);
  let typing = ""; // what was wrong with it

  field.addEventListener("input", () => {
    const { digits, problem } = readDigits(field.value);
    typing = problem;
    Object.assign(walk, { digits, t: 0 });
    requestDraw();
  });

  return {
    el: h("div", { class: "lg-typed" },
      h("label", { class: "lg-typed" }, h("span", { class: "lg-muted", text: "along the digits" }), field), checked.el),
    /** @param {Model} model */
    update({ labels }) {
      const all = labels ?? [];
      setAttr(field, "placeholder", all.join(""));
      const { known, problem } = learned(walk.digits, all);
      const few = known.length === 1 ? "A walk needs two digits, such as 38; until then it passes all." : "";
      checked.say(typing || problem || few);
    },
  };
}
