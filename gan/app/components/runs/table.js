/** All runs with what can be done with each; only as many rows are built as somebody asked to see. */

import { button, h, setAttr, setBlocked, setText } from "../shared/dom.js";
import { age, count, duration } from "../shared/format.js";
import { resumable } from "../shared/states.js";
import { post } from "../live/commands.js";
import { createThumbnail, epochsOf, linkTo, showBadge } from "./row.js";

const PAGE = 50;

/** @param {(name: string, value: any) => void} act */
export function createTable(base, act) {
  const rows = new Map();
  const body = h("tbody");
  const heads = ["", "Run", "State", "Epoch", "Trained", "Age", ""];
  const table = h("table", { class: "lg-table" },
    h("thead", {}, h("tr", {}, ...heads.map((text) => h("th", { scope: "col", text })))), body);
  const search = h("input", { class: "lg-search", type: "search", placeholder: "Find a run", "aria-label": "Find a run" });
  const found = h("span", { class: "lg-muted", role: "status" });
  const more = button({ class: "lg-button lg-small", onclick: () => ((most += PAGE), refresh()) });
  let list = { runs: [], read_only: null };
  let most = PAGE;

  search.addEventListener("input", refresh);

  function createRow(name) {
    const thumbnail = createThumbnail(base, 44);
    const badge = h("span", { class: "lg-badge" });
    const message = h("p", { class: "lg-muted lg-table-message" });
    const cells = { epoch: h("td"), trained: h("td"), age: h("td") };
    const open = button({ class: "lg-button lg-small", text: "Open", "aria-label": `Open ${name}`, onclick: () => act("select", name) });
    const resume = button({ class: "lg-button lg-small", text: "Resume", "aria-label": `Resume ${name}`, onclick: async () => {
      setText(message, (await post(base, name, { kind: "resume" })) ?? "");
    } });
    const zip = h("a", { class: "lg-button lg-small", text: "Zip", "aria-label": `Download ${name} as a zip`, download: `${name}.zip`,
      href: `${base}/api/runs/${encodeURIComponent(name)}/run.zip` });
    const remove = button({ class: "lg-button lg-small", text: "Delete", "aria-label": `Delete ${name}`, onclick: () => act("delete", name) });
    const title = h("a", { class: "lg-table-name", href: linkTo(base, name), text: name });
    title.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      act("select", name);
    });
    const el = h("tr", {}, h("td", {}, thumbnail.el), h("td", {}, title, message), h("td", {}, badge),
      cells.epoch, cells.trained, cells.age,
      h("td", {}, h("span", { class: "lg-table-acts" }, open, resume, zip, remove)));
    return { el, thumbnail, badge, message, cells, open, resume, zip, remove };
  }

  function fill(row, run) {
    const damaged = run.state === "damaged";
    showBadge(row.badge, run);
    if (run.message) setText(row.message, run.message);
    setText(row.cells.epoch, damaged ? "–" : epochsOf(run));
    setText(row.cells.trained, damaged ? "–" : duration(run.seconds));
    setText(row.cells.age, age(run.updated));
    setBlocked(row.open, damaged ? "A damaged run cannot be opened." : null);
    setBlocked(row.resume, list.read_only ?? (resumable(run) ? null : `A run that is ${run.state} cannot be resumed.`));
    setBlocked(row.remove, list.read_only ?? (run.state === "elsewhere" ? "Another process trains this run." : null));
    row.zip.style.visibility = damaged ? "hidden" : "visible";
    row.thumbnail.update(run);
  }

  function refresh() {
    const wanted = search.value.trim().toLowerCase();
    const matching = list.runs.filter((run) => run.name.toLowerCase().includes(wanted) || run.state.includes(wanted));
    const shown = matching.slice(0, most);
    const names = new Set(shown.map((run) => run.name));
    for (const [name, row] of rows) {
      if (names.has(name)) continue;
      row.el.remove();
      rows.delete(name);
    }
    shown.forEach((run, i) => {
      if (!rows.has(run.name)) rows.set(run.name, createRow(run.name));
      const row = rows.get(run.name);
      if (body.children[i] !== row.el) body.insertBefore(row.el, body.children[i] ?? null);
      fill(row, run);
    });
    setText(found, list.runs.length ? `${count(matching.length)} of ${count(list.runs.length)} runs` : "No runs yet.");
    setAttr(table, "hidden", list.runs.length === 0);
    more.hidden = matching.length <= most;
    setText(more, `Show ${count(Math.min(PAGE, matching.length - most))} more`);
  }

  return {
    el: h("div", { class: "lg-table-box" }, h("div", { class: "lg-table-tools" }, search, found), h("div", { class: "lg-table-scroll" }, table), more),
    update(next) {
      list = next;
      refresh();
    },
    select() {},
    refresh,
  };
}
