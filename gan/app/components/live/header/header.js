/** The header: which run this is, how it is doing, how far it is. */

/** @import { Heading } from "./texts.js" */

import { button, h, setAttr, setSentence, setText } from "../../shared/dom.js";
import { withError } from "../../shared/field_error.js";
import { count } from "../../shared/format.js";
import { titleOf } from "../../shared/runs_feed.js";
import { linkTo } from "../../shared/run_summary.js";
import { progressOf } from "./progress.js";

/**
 * @param {Node} controls of the training
 * @param {string} base the server's base path
 * @param {{ show: (name: string) => void, cancel: () => void, nameTyped: (name: string) => void }} act
 *   `show` another run, `cancel` the draft of a branch
 */
export function createHeader(controls, base, act) {
  const name = h("h1", { class: "lg-name", dir: "auto" });
  const badge = h("span", { class: "lg-badge", role: "status" });
  const message = h("p", { class: "lg-message lg-muted", role: "status" });
  const networks = h("p", { class: "lg-own-networks lg-muted" });
  const warning = h("p", { class: "lg-alert", role: "alert", hidden: true });
  const field = h("input", { class: "lg-name-field", type: "text", maxlength: 64, autocomplete: "off",
    spellcheck: "false", "aria-label": "Name", placeholder: "Name (optional)", dir: "auto" });
  const checked = withError(field);
  field.addEventListener("input", () => act.nameTyped(field.value));
  const cancel = button({ class: "lg-button lg-small lg-quiet", text: "Cancel", onclick: act.cancel });
  const owner = h("span", { class: "lg-owner", dir: "auto" });
  const origin = createOrigin(base, act.show);
  const progress = createProgress();
  const el = h("header", { class: "lg-head" },
    h("div", { class: "lg-head-top" },
      h("div", { class: "lg-identity" }, h("div", { class: "lg-identity-line" }, name, badge, field, cancel),
        h("div", { class: "lg-below" }, owner, origin.el, message, checked.el), networks),
      controls),
    warning,
    progress.el);

  return {
    el,
    /** @param {Heading} heading */
    update(heading) {
      const { title, state, badge: text, draft, nameError, alarm, lost } = heading;
      checked.say(draft ? nameError : "");
      message.style.visibility = draft && nameError ? "hidden" : "";
      setText(name, title);
      setAttr(name, "title", title);
      field.hidden = !draft;
      if (field.value !== heading.name) field.value = heading.name;
      cancel.hidden = !draft || heading.origin === null;
      setText(badge, lost ? "connection lost" : text);
      setAttr(badge, "data-state", lost ? "lost" : state);
      setSentence(message, heading.text);
      setText(networks, heading.networks);
      networks.hidden = !heading.networks;
      setSentence(warning, alarm ?? "");
      warning.hidden = !alarm;
      setText(owner, heading.owner);
      owner.hidden = !heading.owner;
      origin.update(draft ? null : heading.origin);
      progress.update(heading.run, lost);
    },
    focusName: () => field.focus({ preventScroll: true }),
  };
}

/**
 * The run that this one is a branch of, or whose recording it trains again.
 * @param {string} base
 * @param {(name: string) => void} show
 */
function createOrigin(base, show) {
  const how = h("span");
  const since = h("span");
  const parent = h("a", { class: "lg-origin-link" });
  const el = h("span", { class: "lg-origin" }, how, parent, since);
  parent.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    show(parent.dataset.run ?? "");
  });
  return {
    el,
    /** @param {Heading["origin"]} from */
    update(from) {
      el.hidden = from === null;
      if (from === null) return;
      const title = titleOf(from.name);
      setText(parent, title);
      setAttr(parent, "data-run", from.name);
      setAttr(parent, "href", linkTo(base, from.name));
      setText(how, from.again ? "Trains the recording of " : "Branched from ");
      setText(since, from.again ? ` again; it ends where ${title} stands.` : ` at epoch ${count(from.epoch)}.`);
    },
  };
}

function createProgress() {
  const epoch = stat("Epoch", "Progress of the run", "epoch");
  const batch = stat("Batch", "Progress of the epoch", "batch");
  const rate = stat("Batches/s");
  const left = stat("Time left");
  const el = h("div", { class: "lg-stats" }, epoch.el, batch.el, rate.el, left.el);
  return {
    el,
    /**
     * @param {Heading["run"]} run
     * @param {boolean} lost the server does not answer: the figures are old
     */
    update(run, lost) {
      const figures = progressOf(run, lost);
      setAttr(el, "data-old", lost);
      epoch.set(figures.epoch.text, figures.epoch.share);
      batch.set(figures.batch.text, figures.batch.share);
      rate.set(figures.rate);
      left.set(figures.left);
    },
  };
}

/**
 * A figure with its name.
 * @param {string} label
 * @param {string} [bar] what a progress bar below it is called; without it there is none
 * @param {string} [word] what its name means
 */
function stat(label, bar, word) {
  const value = h("span", { class: "lg-stat-value" });
  const fill = h("i");
  const track = bar ? h("div", { class: "lg-bar", role: "progressbar", "aria-label": bar,
    "aria-valuemin": 0, "aria-valuemax": 100 }, fill) : null;
  return {
    el: h("div", { class: "lg-stat" },
      h("span", { class: "lg-stat-label", text: label, "data-word": word }), value, track),
    /** @param {string} text */
    set(text, share = 0) {
      setText(value, text);
      if (!track) return;
      setAttr(track, "aria-valuenow", Math.round(share * 100));
      fill.style.transform = `scaleX(${share})`;
    },
  };
}
