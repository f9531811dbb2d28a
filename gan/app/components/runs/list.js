/** The runs in the sidebar: the newest few, one line each. */

import { button, h, setAttr, setText } from "../shared/dom.js";
import { age, count } from "../shared/format.js";
import { createThumbnail, linkTo, showBadge } from "./row.js";

const MOST = 30;

/** @param {(name: string, value: any) => void} act */
export function createList(base, act) {
  const rows = new Map();
  const items = h("ul", { class: "lg-list", "aria-label": "Runs" });
  const hint = h("p", { class: "lg-muted lg-list-hint", text: "No runs yet." });
  const all = button({ class: "lg-button lg-small lg-quiet", onclick: () => act("all", Date.now()) });
  let runs = [];
  let selected = null;

  function createRow(name) {
    const thumbnail = createThumbnail(base, 48);
    const title = h("span", { class: "lg-list-name", text: name });
    const badge = h("span", { class: "lg-badge" });
    const facts = h("span", { class: "lg-list-facts lg-muted" });
    const link = h("a", { href: linkTo(base, name), class: "lg-list-link" }, thumbnail.el,
      h("span", { class: "lg-list-text" }, title, badge, facts));
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
      event.preventDefault();
      act("select", name);
    });
    return { el: h("li", {}, link), link, thumbnail, badge, facts };
  }

  function refresh() {
    const shown = runs.slice(0, MOST);
    const names = new Set(shown.map((run) => run.name));
    for (const [name, row] of rows) {
      if (names.has(name)) continue;
      row.el.remove();
      rows.delete(name);
    }
    shown.forEach((run, i) => {
      if (!rows.has(run.name)) rows.set(run.name, createRow(run.name));
      const row = rows.get(run.name);
      if (items.children[i] !== row.el) items.insertBefore(row.el, items.children[i] ?? null);
      showBadge(row.badge, run);
      setText(row.facts, run.state === "damaged" ? "" : `epoch ${count(run.epoch)}, ${age(run.updated)}`);
      setAttr(row.link, "aria-current", run.name === selected ? "page" : null);
      setAttr(row.link, "title", run.message || run.name);
      row.thumbnail.update(run);
    });
    hint.hidden = runs.length > 0;
    all.hidden = runs.length <= MOST;
    setText(all, `All ${count(runs.length)} runs`);
  }

  return {
    el: h("nav", { "aria-label": "Runs" }, hint, items, all),
    update(list) {
      runs = list.runs;
      refresh();
    },
    select(name) {
      selected = name;
      refresh();
    },
    refresh,
  };
}
