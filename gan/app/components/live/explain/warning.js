/** One warning in its place: what it is, why it happens, what to try, where to read on. */

/** @import { KnobValues, Warning } from "../../types.d.ts" */
/** @import { When } from "./explanation.js" */

import { button, h, icon, setAttr, setBlocked, setText } from "../../shared/dom.js";
import { placeBy } from "../../shared/place_by.js";

const SIGN = "M8 2.2 14.6 13.8H1.4ZM8 6.4v3.6M8 12v.2";
let made = 0;

/**
 * @param {string} base
 * @param {(values: KnobValues) => void} turn
 * @param {(figure: string | null) => void} point
 */
export function createWarning(base, turn, point) {
  /** @type {Warning | null} */
  let warning = null;
  const title = h("b", { class: "lg-warning-title" });
  const why = createWhy();
  const remedy = button({ class: "lg-button lg-small lg-try", onclick: () => warning && turn(warning.remedy) });
  const more = h("a", { class: "lg-warning-more", target: "_blank", text: "Read on" });
  const el = h("div", { class: "lg-warning", role: "status", hidden: true,
    onmouseenter: () => point(warning?.figure ?? null), onmouseleave: () => point(null) },
    icon(SIGN), title, why.button, remedy, more, why.el);

  return {
    el,
    /**
     * @param {Warning | null} next
     * @param {When} when
     */
    show(next, { without, blocked }) {
      if (warning?.name !== next?.name) why.close();
      warning = next;
      el.hidden = next === null;
      if (!next) return;
      const knobs = Object.keys(next.remedy);
      setAttr(el, "data-warning", next.name);
      setText(title, next.title);
      setText(remedy, `Try ${next.label}`);
      remedy.dataset.title = `Sets ${next.label}`;
      remedy.hidden = !knobs.length || knobs.some((knob) => knob in without);
      setBlocked(remedy, blocked);
      setAttr(more, "href", `${base}/words#${next.word}`);
      why.say(next);
    },
  };
}

/** The button "Why" and the box that it opens; nothing else moves. */
function createWhy() {
  const id = `lg-why-${++made}`;
  const saw = h("p");
  const cause = h("p");
  const advice = h("p");
  const el = h("div", { class: "lg-explains lg-why", id, popover: "auto", role: "dialog", "aria-label": "Why" },
    h("h3", { class: "lg-title", text: "What it saw" }), saw, h("h3", { class: "lg-title", text: "Why" }), cause,
    h("h3", { class: "lg-title", text: "What to try" }), advice);
  const opener = button({ class: "lg-button lg-small lg-quiet", text: "Why", "aria-expanded": "false",
    "aria-controls": id, onclick: () => el.togglePopover() });
  el.addEventListener("beforetoggle", (event) => {
    setAttr(opener, "aria-expanded", String(/** @type {ToggleEvent} */ (event).newState === "open"));
  });
  el.addEventListener("toggle", () => el.matches(":popover-open") && placeBy(el, opener));
  return {
    el,
    button: opener,
    close: () => el.matches(":popover-open") && el.hidePopover(),
    /** @param {Warning} warning */
    say(warning) {
      setText(saw, warning.saw);
      setText(cause, warning.why);
      setText(advice, warning.advice);
    },
  };
}
