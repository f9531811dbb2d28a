/** How much of the disk a run takes, and which knobs decide that. */

import { h, setText } from "../../shared/dom.js";
import { bytes, count } from "../../shared/format.js";
import { help } from "../knobs/knob.js";

const RETENTION = ["kept_epochs", "full_every"];

/** @param {import("../knobs/scale.js").Knob[]} knobs the live ones */
export function createDiskUsage(knobs) {
  const retention = knobs.filter((knob) => RETENTION.includes(knob.name));
  const text = h("span");
  const meaning = retention.map((knob) => `${knob.label}: ${knob.meaning}`).join(" ");
  const el = h("span", { class: "lg-disk", hidden: true }, text, help("lg-disk-tip", `${meaning} Both are under More live knobs.`));
  return {
    el,
    /** @param {{size: number, settings: Record<string, number>}|null} run */
    update(run) {
      el.hidden = !run?.size;
      if (el.hidden) return;
      const now = retention.map((knob) => `${knob.label.toLowerCase()} ${count(run.settings[knob.name])}`).join(", ");
      setText(text, `${bytes(run.size)} on disk (${now})`);
    },
  };
}
