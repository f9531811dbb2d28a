/** The runs in the sidebar: the newest few families, those of one's own desk first, one line a run. */

/** @import { RunList, RunSummary, RunsData } from "../types.d.ts" */
/** @import { Line } from "./family.js" */
/** @import { Act } from "./main.js" */

import { button, h, setAttr, setText } from "../shared/dom.js";
import { age, count } from "../shared/format.js";
import { titleOf } from "../shared/runs_feed.js";
import { currentEpoch } from "../shared/states.js";
import { families, folded, ownFirst } from "./family.js";
import { createThumbnail, linkTo, showBadge } from "../shared/run_summary.js";
import { createRows, createTree, origin } from "./rows.js";

const MOST = 30;
const DEEPEST = 3; // levels that there is room for

/**
 * @param {RunsData} data
 * @param {Act} act
 */
export function createList({ base, desk = null }, act) {
  const items = h("ul", { class: "lg-list", "aria-label": "Runs" });
  const hint = h("p", { class: "lg-muted lg-list-hint", text: "Loading…" });
  const all = button({ class: "lg-button lg-small lg-quiet", onclick: () => act("all", Date.now()) });
  const rows = createRows(items, (name) => createListRow(base, name, () => act("select", name)));
  /** @type {RunSummary[]} */
  let runs = [];
  let here = false; // the first list has come
  /** @type {string | null} */
  let selected = null;

  function refresh() {
    const shown = families(ownFirst(runs, desk)).slice(0, MOST);
    rows(shown.map(({ run }) => run.name)).forEach((row, i) => row.update(shown[i].run, shown[i].lines, selected));
    hint.hidden = here && runs.length > 0;
    setText(hint, here ? "No runs yet." : "Loading…");
    all.hidden = runs.length <= MOST;
    setText(all, `All ${count(runs.length)} runs`);
  }

  return {
    el: h("nav", { "aria-label": "Runs" }, hint, items, all),
    /** @param {RunList} list */
    update(list) {
      here = true;
      runs = list.runs.filter((run) => !run.hidden);
      refresh();
    },
    /** @param {string | null} name */
    select(name) {
      selected = name;
      refresh();
    },
    refresh,
  };
}

/**
 * @param {string} base the server's base path
 * @param {string} name of the run
 * @param {() => void} select called on a plain click
 */
function createListRow(base, name, select) {
  const tree = createTree(14);
  const thumbnail = createThumbnail(base, 48);
  const title = h("span", { class: "lg-list-name", dir: "auto" });
  const badge = h("span", { class: "lg-badge" });
  const batch = h("span", { class: "lg-list-batch lg-muted" });
  const facts = h("span", { class: "lg-list-facts lg-muted", dir: "auto" });
  const link = h("a", { href: linkTo(base, name), class: "lg-list-link" }, thumbnail.el,
    h("span", { class: "lg-list-text" }, title, h("span", { class: "lg-list-state" }, badge, batch), facts));
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    select();
  });

  return {
    el: h("li", {}, tree.el, link),
    /**
     * @param {RunSummary} run
     * @param {Line[]} lines of its family tree
     * @param {string | null} selected the run on the page
     */
    update(run, lines, selected) {
      tree.draw(folded(lines, DEEPEST));
      thumbnail.update(run);
      setText(title, run.title);
      showBadge(badge, run);
      setText(batch, run.desk && run.state !== "damaged" ? `batch ${count(run.batch)}` : "");
      setText(facts, run.state === "damaged" ? "" : factsOf(run));
      setAttr(link, "aria-current", run.name === selected ? "page" : null);
      setAttr(link, "title", run.message || inFull(run));
    },
  };
}

/**
 * What a row may have no room for.
 * @param {RunSummary} run
 */
function inFull(run) {
  const named = run.desk ? `${run.title} (${run.desk.name})` : run.title;
  return run.parent ? `${named}, branched ${origin(run)} of ${titleOf(run.parent)}` : named;
}

/**
 * The one fact that there is a line for: whose run it is, where it comes from, or how far it is.
 * @param {RunSummary} run
 */
function factsOf(run) {
  if (run.desk) return run.desk.name;
  return origin(run) || `epoch ${count(currentEpoch(run, run.batches / run.epochs))}, ${age(run.updated)}`;
}
