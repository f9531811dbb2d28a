/** The table of a league: places, names, FIDs and missing digits; how far the others are. */

/** @import { League, LeagueRow } from "../types.d.ts" */
/** @import { ClassPage } from "./main.js" */

import { button, h, setAttr, setText } from "../shared/dom.js";
import { post } from "./post.js";

const MISSING = "Digits that it hardly ever makes";
const HIDDEN = "measured"; // but nobody is told what came of it
const WITHDRAWN = "withdrawn";
const TAKEN_OUT = "taken out by the teacher";

/**
 * A league in a few words, for the line at the bottom of a student's page.
 * @param {Pick<League, "ended" | "shown" | "count" | "rows">} league
 * @param {LeagueRow[]} [own] the student's own rows
 */
export function lineOf({ ended, shown, count, rows }, own = []) {
  const mine = own.find((row) => row.place !== null);
  const first = shown ? rows.filter((row) => row.place === 1) : [];
  if (mine?.place === 1 && first.length) return leads(first.filter((row) => row.name !== mine.name), mine, ended);
  const you = mine ? `You: place ${mine.place}, ${fidOf(mine)}. ` : "";
  if (first.length) return `${you}${ended ? "Won by" : "Leading:"} ${namesOf(first)}, ${fidOf(first[0])}`;
  const entries = count === 1 ? "1 entry" : `${count} entries`;
  return ended ? "The league is over." : you.trim() || `League: ${entries} so far.`;
}

/**
 * The line of a student who leads, or has won, maybe together with others.
 * @param {LeagueRow[]} others
 * @param {LeagueRow} mine
 * @param {boolean} ended
 */
function leads(others, mine, ended) {
  const together = others.length ? ` together with ${namesOf(others)}` : "";
  return `You ${ended ? "won" : "lead"}${together}, ${fidOf(mine)}`;
}

/** @param {LeagueRow[]} rows */
const namesOf = (rows) => rows.map((row) => row.name).join(" and ");

/** @param {LeagueRow} row */
const fidOf = (row) => `FID ${row.fid?.toFixed(2)}`;

/**
 * What stands in the row's cells; `words` stand below the name.
 * @param {LeagueRow} row
 */
export function wordsOf({ fid, missing, said, replay }) {
  const words = [said, replay && `replay: ${replay}`].filter(Boolean);
  return { fid: fid === null ? "" : fid.toFixed(2), missing: missing.join(", "), words: words.join("; ") };
}

/**
 * The rows that a page shows. What a student knows of the own entries stands in for a row that hides its place, and
 * below a table that ends before.
 * @param {LeagueRow[]} rows that all are told
 * @param {LeagueRow[]} own perhaps of some seconds ago
 */
export function withOwn(rows, own) {
  const known = new Map(own.filter((row) => row.fid !== null && row.said !== WITHDRAWN).map((row) => [row.run, row]));
  const there = new Set(rows.map((row) => row.run));
  return [...rows.map((row) => (row.said === HIDDEN ? known.get(row.run) ?? row : row)),
    ...own.filter((row) => !there.has(row.run))];
}

/**
 * What can be done with an entry: its name, its address and what it does.
 * @param {LeagueRow} row
 * @param {{ seat: ClassPage["seat"], desk: string | null }} page
 * @param {boolean} ended whether the league is over
 * @returns {[name: string, path: string, title: string][]}
 */
export function actsOn({ said, fid, desk: owner }, { seat, desk }, ended) {
  if (seat === "teacher") {
    const out = said === TAKEN_OUT;
    return [
      ...(fid === null ? [] : [/** @type {[string, string, string]} */ (
        ["Replay", "replay", "Train it again from its record, and compare"])]),
      out ? ["Put back", "rejoin", "Have it take part again"] : ["Take out", "withdraw", "Give it no place"],
    ];
  }
  if (owner !== desk || ended || said === TAKEN_OUT) return [];
  return [said === WITHDRAWN ? ["Take part again", "rejoin", "Put the entry back"]
    : ["Withdraw", "withdraw", "Take the entry out of the table; the run stays"]];
}

/** @param {number} count */
const blanks = (count) => Array.from({ length: count }, () => h("td"));

/** @param {ClassPage} page */
export function createTable(page) {
  const { base, desk, go, seat } = page;
  const columns = seat === "teacher" ? 2 : 1; // of buttons
  const body = h("tbody");
  const hidden = h("p", { class: "lg-muted" });
  const told = h("p", { class: "lg-league-told", role: "alert" });
  const head = h("tr");
  const table = h("table", { class: "lg-league-table" }, h("thead", {}, head), body);
  let shown = "";

  /**
   * @param {LeagueRow} row
   * @param {boolean} ended
   * @param {boolean} lacking whether any row lacks digits
   */
  function createRow(row, ended, lacking) {
    const { fid, missing, words } = wordsOf(row);
    const look = button({ class: "lg-league-name", text: row.name, title: `Look at ${row.run}`,
      onclick: () => go({ page: "train", run: row.run, lesson: null, at: Date.now() }) });
    const acts = actsOn(row, page, ended).map(([text, path, title]) => button({
      class: "lg-button lg-small lg-quiet", text, title,
      onclick: async () => setText(told, (await post(base, `league/${path}`, { run: row.run })) ?? ""),
    }));
    const own = desk !== null && row.desk === desk;
    const el = h("tr", {}, h("td", { class: "lg-league-place", text: row.place === null ? "" : `${row.place}.` }),
      h("th", { scope: "row" }, look, own ? h("span", { class: "lg-muted", text: " you" }) : null,
        words ? h("small", { class: "lg-league-words lg-muted", text: words }) : null),
      h("td", { class: "lg-league-fid", text: fid }),
      lacking ? h("td", { text: missing }) : null,
      ...blanks(columns - acts.length), // what is not measured yet has no Replay
      ...acts.map((act) => h("td", { class: "lg-league-act" }, act)));
    setAttr(el, "data-own", own);
    return el;
  }

  return {
    el: h("div", { class: "lg-league-rows" }, hidden, told, table),
    /**
     * @param {League} league
     * @param {LeagueRow[]} [rows] as this page shows them
     */
    show(league, rows = league.rows) {
      const now = JSON.stringify([rows, league.shown, league.own, league.ended]);
      if (now === shown) return;
      shown = now;
      hidden.hidden = league.shown;
      setText(hidden, league.own ? "You see your own place; your teacher shows the table at the end."
        : "Your teacher shows the table at the end.");
      table.hidden = rows.length === 0;
      const lacking = rows.some((row) => row.missing.length);
      head.replaceChildren(...["", "Name", "FID", ...(lacking ? ["Missing"] : [])].map((text) =>
        h("th", { scope: "col", text, title: text === "Missing" ? MISSING : null })), ...blanks(columns));
      body.replaceChildren(...rows.map((row) => createRow(row, league.ended, lacking)));
    },
  };
}
