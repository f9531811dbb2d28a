/** The runs in the sidebar: the newest few families, one line a run. */

import { button, h, setAttr, setText } from "../shared/dom.js";
import { age, count } from "../shared/format.js";
import { titleOf } from "../shared/runs_feed.js";
import { currentEpoch } from "../shared/states.js";
import { families, folded } from "./family.js";
import { createThumbnail, linkTo, showBadge } from "../shared/run_summary.js";
import { createRows, createTree, origin } from "./rows.js";

const MOST = 30;
const DEEPEST = 3; // levels that there is room for

/** @param {(name: string, value: any) => void} act */
export function createList({ base }, act) {
  const items = h("ul", { class: "lg-list", "aria-label": "Runs" });
  const hint = h("p", { class: "lg-muted lg-list-hint", text: "Loading…" });
  const all = button({ class: "lg-button lg-small lg-quiet", onclick: () => act("all", Date.now()) });
  const rows = createRows(items, createRow);
  let runs = [];
  let here = false; // the first list has come
  let selected = null;

  function createRow(name) {
    const tree = createTree(14);
    const thumbnail = createThumbnail(base, 48);
    const title = h("span", { class: "lg-list-name", dir: "auto" });
    const badge = h("span", { class: "lg-badge" });
    const facts = h("span", { class: "lg-list-facts lg-muted" });
    const link = h("a", { href: linkTo(base, name), class: "lg-list-link" }, thumbnail.el,
      h("span", { class: "lg-list-text" }, title, badge, facts));
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
      event.preventDefault();
      act("select", name);
    });
    return { el: h("li", {}, tree.el, link), tree, link, title, thumbnail, badge, facts };
  }

  function fill(row, run, lines) {
    row.tree.draw(folded(lines, DEEPEST));
    setText(row.title, run.title);
    showBadge(row.badge, run);
    const facts = origin(run) || `epoch ${count(currentEpoch(run, run.batches / run.epochs))}, ${age(run.updated)}`; // there is no room for all of it
    setText(row.facts, run.state === "damaged" ? "" : facts);
    setAttr(row.link, "aria-current", run.name === selected ? "page" : null);
    const branched = run.parent ? `${run.title}, branched ${origin(run)} of ${titleOf(run.parent)}` : run.title;
    setAttr(row.link, "title", run.message || branched);
    row.thumbnail.update(run);
  }

  function refresh() {
    const shown = families(runs).slice(0, MOST);
    rows(shown.map(({ run }) => run.name)).forEach((row, i) => fill(row, shown[i].run, shown[i].lines));
    hint.hidden = here && runs.length > 0;
    setText(hint, here ? "No runs yet." : "Loading…");
    all.hidden = runs.length <= MOST;
    setText(all, `All ${count(runs.length)} runs`);
  }

  return {
    el: h("nav", { "aria-label": "Runs" }, hint, items, all),
    update(list) {
      here = true;
      runs = list.runs.filter((run) => !run.hidden);
      refresh();
    },
    select(name) {
      selected = name;
      refresh();
    },
    refresh,
  };
}
