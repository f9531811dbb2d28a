/** The header: which run this is, how it is doing, how far it is. */

import { button, h, setAttr, setSentence, setText } from "../../shared/dom.js";
import { withError } from "../../shared/field_error.js";
import { count, duration } from "../../shared/format.js";
import { titleOf } from "../../shared/runs_feed.js";
import { currentEpoch, word } from "../../shared/states.js";

/** A figure with its name; `bar` adds a progress bar below. */
function stat(label, bar = false) {
  const value = h("span", { class: "lg-stat-value" });
  const fill = h("i");
  const track = bar
    ? h("div", { class: "lg-bar", role: "progressbar", "aria-label": bar, "aria-valuemin": 0, "aria-valuemax": 100 }, fill)
    : null;
  return {
    el: h("div", { class: "lg-stat" }, h("span", { class: "lg-stat-label", text: label }), value, track),
    set(text, share = 0) {
      setText(value, text);
      if (!track) return;
      setAttr(track, "aria-valuenow", Math.round(share * 100));
      fill.style.transform = `scaleX(${share})`;
    },
  };
}

/**
 * @typedef {{title: string, state: string, badge?: string, run: object|null, draft: boolean, nameError: string, text: string,
 *   alarm?: string|null, origin: {name: string, epoch: number, again?: boolean}|null, silent: boolean}} Heading
 *   `run`: whose figures are shown; `draft`: whether a name can be typed; `nameError`: what is wrong with it; `silent`: the server does not answer; `origin`: the run that it is a branch of, or whose recording it trains again
 */

/**
 * @param {Node} transport
 * @param {string} base the server's base path
 * @param {{show: (name: string) => void, cancel: () => void, named: () => void}} act on another run, on the draft of a
 *   branch, on what is typed as a name
 */
export function createHeader(transport, base, act) {
  const name = h("h1", { class: "lg-name", dir: "auto" });
  const badge = h("span", { class: "lg-badge", role: "status" });
  const message = h("p", { class: "lg-message lg-muted", role: "status" });
  const warning = h("p", { class: "lg-alert", role: "alert" });
  const field = h("input", { class: "lg-name-field", type: "text", maxlength: 64, autocomplete: "off", spellcheck: "false",
    "aria-label": "Name", placeholder: "Name (optional)", dir: "auto" });
  const checked = withError(field);
  field.addEventListener("input", act.named);
  const cancel = button({ class: "lg-button lg-small lg-quiet", text: "Cancel", onclick: act.cancel });
  const parent = h("a", { class: "lg-origin-link" });
  const since = h("span");
  const how = h("span");
  const origin = h("span", { class: "lg-origin" }, how, parent, since);
  parent.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    act.show(parent.dataset.run);
  });
  const epoch = stat("Epoch", "Progress of the run");
  const batch = stat("Batch", "Progress of the epoch");
  const rate = stat("Batches/s");
  const left = stat("Time left");
  const stats = h("div", { class: "lg-stats" }, epoch.el, batch.el, rate.el, left.el);
  warning.hidden = true;

  return {
    el: h("header", { class: "lg-head" },
      h("div", { class: "lg-head-top" },
        h("div", { class: "lg-identity" }, h("div", { class: "lg-identity-line" }, name, badge, field, cancel),
          h("div", { class: "lg-below" }, origin, message, checked.el)),
        transport),
      warning,
      stats),

    /** @param {Heading} heading */
    update({ title, state, badge: text, run, draft, nameError, text: below, alarm, origin: from, silent }) {
      checked.say(draft ? nameError : "");
      message.style.visibility = draft && nameError ? "hidden" : "";
      setText(name, title);
      setAttr(name, "title", title);
      field.hidden = !draft;
      cancel.hidden = !draft || from === null;
      setText(badge, silent ? "connection lost" : text ?? word(state));
      setAttr(badge, "data-state", silent ? "lost" : state);
      setAttr(stats, "data-old", silent);
      setSentence(message, below);
      setSentence(warning, alarm ?? "");
      warning.hidden = !alarm;
      origin.hidden = from === null || draft;
      setText(parent, from ? titleOf(from.name) : "");
      setAttr(parent, "data-run", from?.name ?? null);
      setAttr(parent, "href", `${base}/?run=${encodeURIComponent(from?.name ?? "")}`);
      setText(how, from?.again ? "Trains the recording of " : "Branched from ");
      setText(since, !from ? "" : from.again ? ` again; it ends where ${titleOf(from.name)} stands.` : ` at epoch ${count(from.epoch)}.`);
      const per = run?.batches_per_epoch ?? 0;
      const total = run ? run.epochs * per : 0;
      const end = run?.until ?? total; // a replay ends where the recording does
      const within = !per || !run.batch ? 0 : ((run.batch - 1) % per) + 1;
      const current = run ? currentEpoch(run, per) : 0;
      epoch.set(run && total ? `${count(current)} / ${count(run.epochs)}` : "–", total ? Math.min(1, run.batch / total) : 0);
      batch.set(run && per ? `${count(within)} / ${count(per)}` : "–", per ? within / per : 0);
      const running = !silent && (run?.state === "running" || run?.state === "replay") && run.rate > 0;
      rate.set(running ? count(run.rate) : "–");
      const timed = run?.settings?.seconds && run.state === "running" ? run.settings.seconds - run.seconds : Infinity;
      left.set(running ? duration(Math.max(0, Math.min((end - run.batch) / run.rate, timed))) : "–");
    },
    /** The name typed for a draft; none: it gets one from date and time. */
    typedName: () => field.value.trim(),
    clearName: () => (field.value = ""),
    focusName: () => field.focus({ preventScroll: true }),
  };
}
