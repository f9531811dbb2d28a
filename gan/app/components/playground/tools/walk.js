/**
 * Walk: from pick to pick, straight and round one under the other, as a strip, by hand or in a loop; or, where the
 * generator makes each image for a digit, from digit to digit.
 */

import { h } from "../../shared/dom.js";
import { keepDigit } from "../state/digit.js";
import { byNumbers, letter, rounded } from "../state/state.js";
import { createChoice, createInvitation } from "../widgets/controls.js";
import { createDigitWalk } from "./digit_walk.js";
import { pathMarks } from "./path_labels.js";
import { createStyleWalk } from "./style_walk.js";
import { createPlayback } from "./walk_playback.js";
import { createWalkSettings } from "./walk_settings.js";

/** @import { Model } from "../engine/engine.js" */
/** @import { Focus, Page, PageState, Tool } from "../types.d.ts" */

const SENTENCES = {
  style: "{interpolation|Between any two images} lie countless others. "
    + "Each one here is made from a {z|z} a little farther along the way.",
  digit: "The style, {z|z}, stays; the digit changes. Between two digits the generator {conditional|is told} a share "
    + "of each, which it never was in training.",
};

/**
 * @param {Page} page
 * @returns {Tool}
 */
export function createWalk(page) {
  const { state } = page;
  const { walk } = state;
  const now = { model: /** @type {Model | null} */ (null), focus: /** @type {Focus | null} */ (null) };
  /** @type {string[]} the names of the places that it goes through */
  let stops = [];
  const byDigit = () => walk.changes === "digit" && (now.model?.labels?.length ?? 0) > 1;
  const playback = createPlayback(page, () => stops.length);
  const settings = createWalkSettings(page, playback, () => stops);
  const styles = createStyleWalk(page, playback.stop);
  const digits = createDigitWalk(page, playback.stop);
  const change = createChange(page, digits.route, (changes) => {
    playback.stop();
    keepDigit(state, now.focus);
    Object.assign(walk, { changes, t: 0 });
    if (changes === "digit") begin(now.focus);
  });
  const invitation = createInvitation("A walk needs two picks: click two samples above.", () => page.fillPicks(2));
  const content = h("div", { class: "lg-walk" }, ...settings.els, styles.el, digits.el);

  /** A walk along digits keeps the style of the image in focus. @param {Focus | null} focus */
  function begin(focus) {
    if (focus) state.point = focus.point ?? byNumbers(focus.z.slice());
    if (now.model && state.digit !== null) digits.goTo(state.digit, now.model);
  }

  return {
    label: "Walk",
    get sentence() {
      return SENTENCES[byDigit() ? "digit" : "style"];
    },
    el: h("div", { class: "lg-walk" }, change.el, content, invitation),
    enter: (focus) => byDigit() && begin(focus),
    leave: playback.stop,
    choose(digit) {
      state.digit = digit;
      if (!byDigit() || !now.model) return;
      playback.stop();
      page.say(digits.goTo(digit, now.model) ? "" : `This walk does not pass ${digit}.`);
    },
    visit(index) {
      playback.stop();
      if (byDigit()) state.point = state.picks[index];
      else walk.t = rounded(pathMarks(state.picks.map(String), walk.closed)[index]?.t ?? 0);
    },

    update(frame) {
      now.model = frame.model;
      change.update(frame.model);
      const enough = byDigit() || state.picks.length >= 2;
      content.hidden = !enough;
      invitation.hidden = enough;
      if (!enough) return playback.stop();
      stops = byDigit() ? digits.names(frame.model) : state.picks.map((_, i) => letter(i));
      playback.advance();
      settings.update();
      styles.el.hidden = byDigit();
      digits.el.hidden = !byDigit();
      (byDigit() ? digits : styles).update(frame);
    },

    focus: (frame) => (now.focus = byDigit() ? digits.focus(frame.model) : styles.focus(frame)),
    savable: () => (byDigit() ? digits : styles).savable(),
    destroy: () => [playback.stop, styles.destroy, digits.destroy].forEach((end) => end()),
  };
}

/**
 * What a step of the walk changes.
 * @param {Page} page
 * @param {HTMLElement} route along which digits
 * @param {(changes: PageState["walk"]["changes"]) => void} chosen
 */
function createChange({ state, requestDraw }, route, chosen) {
  const choice = createChoice("A step changes", [["style", "the style"], ["digit", "the digit"]],
    (value) => {
      if (value !== state.walk.changes) chosen(value === "digit" ? "digit" : "style");
      requestDraw();
    });
  const el = h("div", { class: "lg-tool-line" },
    h("span", { class: "lg-muted", text: "A step changes" }), choice.el, route);
  return {
    el,
    /** @param {Model} model */
    update({ labels }) {
      el.hidden = (labels?.length ?? 0) < 2;
      choice.set(state.walk.changes);
      route.hidden = state.walk.changes === "style";
    },
  };
}
