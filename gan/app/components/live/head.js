/** The header: which run this is, how it is doing, how far it is. */

import { h, setAttr, setText } from "../shared/dom.js";
import { count, duration } from "../shared/format.js";
import { word } from "../shared/states.js";

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

/** @param {Node} transport */
export function createHead(transport) {
  const name = h("h1", { class: "lg-name" });
  const badge = h("span", { class: "lg-badge", role: "status" });
  const message = h("p", { class: "lg-message lg-muted", role: "status" });
  const note = h("span", { class: "lg-reconnecting", role: "status" });
  const warning = h("p", { class: "lg-alert", role: "alert" });
  const field = h("input", { class: "lg-name-field", type: "text", maxlength: 64, autocomplete: "off", spellcheck: "false",
    "aria-label": "Name", placeholder: "Name (optional)" });
  const epoch = stat("Epoch", "Progress of the run");
  const batch = stat("Batch", "Progress of the epoch");
  const rate = stat("Batches/s");
  const left = stat("Time left");
  warning.hidden = true;

  return {
    el: h("header", { class: "lg-head" },
      h("div", { class: "lg-head-top" },
        h("div", { class: "lg-identity" }, h("div", { class: "lg-identity-line" }, name, badge, field, note), message),
        transport),
      warning,
      h("div", { class: "lg-stats" }, epoch.el, batch.el, rate.el, left.el)),

    /**
     * @param {object|null} run null: a draft
     * @param {string} text below the name
     * @param {string|null} alarm
     */
    update(run, text, alarm) {
      setText(name, run?.name ?? "New run");
      field.hidden = run !== null;
      setText(badge, run ? word(run.state) : "not started");
      setAttr(badge, "data-state", run?.state ?? "draft");
      setText(message, text);
      setText(warning, alarm ?? "");
      warning.hidden = !alarm;
      const per = run?.batches_per_epoch ?? 0;
      const total = run ? run.epochs * per : 0;
      const within = !per || !run.batch ? 0 : ((run.batch - 1) % per) + 1;
      const current = !per || !run.batch ? 0 : Math.ceil(run.batch / per);
      epoch.set(run && total ? `${count(current)} / ${count(run.epochs)}` : "–", total ? Math.min(1, run.batch / total) : 0);
      batch.set(run && per ? `${count(within)} / ${count(per)}` : "–", per ? within / per : 0);
      const running = run?.state === "running" && run.rate > 0;
      rate.set(running ? count(run.rate) : "–");
      left.set(running ? duration((total - run.batch) / run.rate) : "–");
    },
    /** The name typed for a draft; none: it gets one from date and time. */
    typedName: () => field.value.trim(),
    clearName: () => (field.value = ""),
    /** @param {boolean} lost whether the connection is being made again */
    reconnecting(lost) {
      setText(note, lost ? "reconnecting…" : "");
    },
  };
}
