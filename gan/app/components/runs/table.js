/** All runs with what can be done with each; no more rows are built than were asked for. */

/** @import { ExportFormat, RunList, RunSummary } from "../types.d.ts" */
/** @import { Act } from "./main.js" */

import { button, h, setAttr, setText } from "../shared/dom.js";
import { bytes, count } from "../shared/format.js";
import { families } from "./family.js";
import { createRows } from "./rows.js";
import { createTableRow } from "./table_row.js";

const NOT_YOURS = "It is not on your desk: open it to branch from it.";
const PAGE = 50;
const HEADS = [
  ["Image"], ["Run", "run"], ["State"], ["Epoch", "epoch"], ["Best FID", "fid"],
  ["Trained"], ["On disk"], ["Age"], ["Actions"],
];
const UNSEEN = new Set(["Image", "Actions"]); // heads for those who do not see the columns

/** @param {string[]} head its text, and the word that it is */
function createHead([text, word]) {
  return h("th", { scope: "col" }, UNSEEN.has(text) ? h("span", { class: "lg-sr", text }) : createTerm(text, word));
}

/**
 * @param {string} text
 * @param {string} [word]
 */
const createTerm = (text, word) => (word ? h("span", { text, "data-word": word }) : text);

/**
 * The runs to show: those whose name, title or state holds a text.
 * @template {Pick<RunSummary, "name" | "title" | "state" | "hidden">} Run
 * @param {Run[]} runs
 * @param {string} typed
 * @param {boolean} all whether hidden ones are among them
 */
export function matching(runs, typed, all) {
  const wanted = typed.trim().toLowerCase();
  return runs.filter(({ name, title, state, hidden }) =>
    (all || !hidden) && (`${title}\n${name}`.toLowerCase().includes(wanted) || state.includes(wanted)));
}

/**
 * @param {{ base: string, formats?: ExportFormat[], desk?: string | null }} data
 * @param {Act} act
 */
export function createTable({ base, formats = [], desk = null }, act) {
  const body = h("tbody");
  const table = h("table", { class: "lg-table", "aria-label": "Runs" },
    h("thead", {}, h("tr", {}, ...HEADS.map(createHead))), body);
  const search = h("input", {
    class: "lg-search", type: "search", placeholder: "Find a run", "aria-label": "Find a run", oninput: refresh,
  });
  const found = h("span", { class: "lg-muted", role: "status", text: "Loading…" });
  const more = button({ class: "lg-button lg-small", onclick: () => ((most += PAGE), refresh()) });
  const unhide = button({ class: "lg-button lg-small lg-quiet", onclick: () => ((all = !all), refresh()) });
  const rows = createRows(body, (name) => createTableRow(base, name, formats, act));
  /** @type {RunList | null} */
  let list = null; // until the first one has come
  let most = PAGE;
  let all = false; // whether those that are hidden are shown too

  function refresh() {
    if (!list) return;
    const { runs, read_only: readOnly } = list;
    const matches = matching(runs, search.value, all);
    const shown = families(matches).slice(0, most);
    rows(shown.map(({ run }) => run.name)).forEach((row, i) => {
      const { run, lines } = shown[i];
      const foreign = desk !== null && run.desk?.id !== desk ? NOT_YOURS : null;
      row.update(run, lines, readOnly ?? foreign, foreign !== null);
    });
    setText(found, runs.length ? sizesOf(matches, runs.length) : "No runs yet.");
    setAttr(table, "hidden", runs.length === 0);
    const hidden = runs.filter((run) => run.hidden).length;
    unhide.hidden = hidden === 0;
    setText(unhide, all ? "Leave out hidden runs" : `Show ${count(hidden)} hidden`);
    more.hidden = matches.length <= most;
    setText(more, `Show ${count(Math.min(PAGE, matches.length - most))} more`);
  }

  return {
    el: h("div", { class: "lg-table-box" }, h("div", { class: "lg-table-tools" }, search, found, unhide),
      h("div", { class: "lg-table-scroll" }, table), more),
    /** @param {RunList} next */
    update(next) {
      list = next;
      refresh();
    },
    select() {},
    refresh,
  };
}

/**
 * @param {RunSummary[]} runs
 * @param {number} total how many there are
 */
function sizesOf(runs, total) {
  const size = runs.reduce((sum, run) => sum + run.size, 0);
  return `${count(runs.length)} of ${count(total)} runs, ${bytes(size)} on disk`;
}
