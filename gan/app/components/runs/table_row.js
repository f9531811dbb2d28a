/** A row of the table: a run and what can be done with it. */

/** @import { ExportFormat, RunSummary } from "../types.d.ts" */
/** @import { Line } from "./family.js" */
/** @import { Act } from "./main.js" */

import { postCommand, trainAgain } from "../shared/commands.js";
import { button, h, setAttr, setBlocked, setSentence, setText } from "../shared/dom.js";
import { age, bytes, count, duration, value } from "../shared/format.js";
import { createThumbnail, epochsOf, linkTo, showBadge } from "../shared/run_summary.js";
import { titleOf } from "../shared/runs_feed.js";
import { notKept, resumable } from "../shared/states.js";
import { createExportMenu } from "./exports.js";
import { createTree, origin } from "./rows.js";

/**
 * @param {string} base the server's base path
 * @param {string} name of the run
 * @param {ExportFormat[]} formats
 * @param {Act} act
 */
export function createTableRow(base, name, formats, act) {
  const tree = createTree(18);
  const thumbnail = createThumbnail(base, 44);
  const badge = h("span", { class: "lg-badge" });
  const title = h("a", { class: "lg-table-name", href: linkTo(base, name), dir: "auto" });
  title.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    act("select", name);
  });
  const from = h("p", { class: "lg-muted lg-table-message" });
  const over = h("p", { class: "lg-muted lg-table-message" });
  const message = h("p", { class: "lg-muted lg-table-message", role: "status" });
  const [epoch, trained, size, updated] = [h("td"), h("td"), h("td"), h("td")];
  const fid = h("td", { class: "lg-table-fid" });
  const actions = createActions(base, name, formats, act, (sentence) => setSentence(message, sentence));

  return {
    el: h("tr", {}, h("td", {}, thumbnail.el), h("td", { class: "lg-table-run" }, tree.el, title, from, over, message),
      h("td", {}, badge), epoch, fid, trained, size, updated, h("td", {}, actions.el)),
    /**
     * @param {RunSummary} run
     * @param {Line[]} lines of its family tree
     * @param {string | null} blocked why this run cannot be changed
     * @param {boolean} foreign whether it is not on the desk of whoever looks
     */
    update(run, lines, blocked, foreign) {
      const damaged = run.state === "damaged";
      tree.draw(lines);
      thumbnail.update(run);
      setText(title, run.title);
      showBadge(badge, run);
      setText(from, [run.desk?.name, branchText(run, lines.length === 0)].filter(Boolean).join(" · "));
      setSentence(over, run.over ?? "");
      if (run.message) setSentence(message, run.message);
      setText(epoch, damaged ? "–" : epochsOf(run));
      setText(fid, fidText(run));
      setText(trained, damaged ? "–" : duration(run.seconds));
      setText(size, run.size ? bytes(run.size) : "–");
      setText(updated, age(run.updated));
      actions.update(run, blocked, foreign);
    },
  };
}

/**
 * From where a branch continues; also of which run, if that does not stand above it.
 * @param {RunSummary} run
 * @param {boolean} alone
 */
function branchText(run, alone) {
  const from = origin(run);
  return from && alone ? `${from} of ${titleOf(run.parent ?? "")}` : from;
}

/**
 * The best FID and its epoch, in two lines at most.
 * @param {RunSummary} run
 */
function fidText({ fid, fid_epoch }) {
  return fid === null || fid_epoch === null ? "–" : `${value(fid, 3)} · epoch\u00a0${count(fid_epoch)}`;
}

/**
 * The buttons of a run.
 * @param {string} base the server's base path
 * @param {string} name of the run
 * @param {ExportFormat[]} formats
 * @param {Act} act
 * @param {(sentence: string) => void} say
 */
function createActions(base, name, formats, act, say) {
  /**
   * @param {string} label
   * @param {() => void} onclick
   */
  const small = (label, onclick) =>
    button({ class: "lg-button lg-small", text: label, "aria-label": `${label} ${titleOf(name)}`, onclick });
  /** @type {RunSummary} */
  let now;
  const open = small("Open", () => act("select", name));
  const resume = small("Resume", () => (notKept(now) ? repeat() : goOn()));
  const exports = createExportMenu(base, name, formats);
  const remove = small("Delete", () => (now.shipped ? act("hide", { name, hide: !now.hidden }) : act("delete", name)));

  async function goOn() {
    say((await postCommand(base, name, { kind: "resume" })) ?? "");
  }

  async function repeat() {
    const { name: made, error } = await trainAgain(base, name);
    if (error) say(error);
    else if (made) act("select", made);
  }

  /**
   * A run whose training state was not kept is trained again as a new one instead, by those who may steer it.
   * @param {string | null} blocked
   * @param {boolean} foreign
   */
  function showResume(blocked, foreign) {
    resume.hidden = foreign && notKept(now) !== null;
    const what = notKept(now) ? "Train again" : "Resume";
    setText(resume, what);
    setAttr(resume, "aria-label", `${what} ${now.title}`);
    resume.dataset.title = notKept(now) ?? "";
    const possible = resumable(now) || notKept(now);
    setBlocked(resume, blocked ?? now.over ?? (possible ? null : `A run that is ${now.state} cannot be resumed.`));
  }

  /**
   * A run that came with LiveGAN is not deleted, only hidden.
   * @param {string | null} blocked
   */
  function showRemove(blocked) {
    const what = !now.shipped ? "Delete" : now.hidden ? "Show" : "Hide";
    setText(remove, what);
    setAttr(remove, "aria-label", `${what} ${now.title}`);
    remove.dataset.title = now.shipped ? "It came with LiveGAN and cannot be deleted." : "";
    setBlocked(remove, blocked ?? (now.state === "elsewhere" ? "Another process trains this run." : null));
  }

  return {
    el: h("span", { class: "lg-table-acts" }, open, resume, exports.el, remove),
    /**
     * @param {RunSummary} run
     * @param {string | null} blocked
     * @param {boolean} foreign
     */
    update(run, blocked, foreign) {
      now = run;
      const damaged = run.state === "damaged";
      setBlocked(open, damaged ? "A damaged run cannot be opened." : null);
      setBlocked(exports.el, damaged ? "A damaged run cannot be taken home." : null);
      showResume(blocked, foreign);
      showRemove(blocked);
    },
  };
}
