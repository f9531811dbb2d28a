/** How much of the disk a run takes, and which knobs decide that. */

/** @import { Knob, Snapshot } from "../../types.d.ts" */

import { h, setText } from "../../shared/dom.js";
import { bytes, count } from "../../shared/format.js";
import { help } from "../knobs/knob.js";

const RETENTION = /** @type {const} */ (["kept_epochs", "full_every"]);

/** @param {Knob[]} knobs the live ones */
export function createDiskUsage(knobs) {
  const retention = RETENTION.flatMap((name) => {
    const knob = knobs.find((each) => each.name === name);
    return knob ? [{ name, label: knob.label, meaning: knob.meaning }] : [];
  });
  const text = h("span");
  const meaning = retention.map((knob) => `${knob.label}: ${knob.meaning}`).join(" ");
  const tip = help("lg-disk-tip", `${meaning} Both are under More live knobs.`);
  const el = h("span", { class: "lg-disk", hidden: true }, text, tip);
  return {
    el,
    /** @param {Pick<Snapshot, "size" | "settings"> | null} run */
    update(run) {
      el.hidden = !run?.size;
      if (!run?.size) return;
      const now = retention.map(({ name, label }) => `${label.toLowerCase()} ${count(run.settings[name])}`).join(", ");
      setText(text, `${bytes(run.size)} on disk (${now})`);
    },
  };
}
