/** The table of a league: places, names, FIDs and missing digits; how far the others are. */

/** @import { League, LeagueRow } from "../types.d.ts" */
/** @import { ClassPage } from "./main.js" */

import { button, h, setText } from "../shared/dom.js";

/**
 * A league in a few words, for the line at the bottom of a student's page.
 * @param {Pick<League, "ended" | "shown" | "count" | "rows">} league
 */
export function lineOf({ ended, shown, count, rows }) {
  const entries = count === 1 ? "1 entry" : `${count} entries`;
  const first = rows.filter((row) => row.place === 1).map((row) => row.name);
  if (!shown || first.length === 0) return ended ? "The league is over." : `League: ${entries} so far.`;
  return `${ended ? "Won by" : "Leading:"} ${first.join(" and ")}, FID ${rows[0].fid?.toFixed(2)}`;
}

/**
 * What stands in the row's last cells.
 * @param {LeagueRow} row
 */
export function wordsOf({ fid, missing, said, replay }) {
  const lacks = missing.length ? `lacks ${missing.join(", ")}` : "";
  const words = [said, lacks, replay && `replay: ${replay}`].filter(Boolean);
  return { fid: fid === null ? "" : fid.toFixed(2), words: words.join("; ") };
}

/**
 * @param {ClassPage} page
 * @param {boolean} ofTeacher whose table has buttons that replay an entry
 */
export function createTable({ go, post }, ofTeacher) {
  const body = h("tbody");
  const hidden = h("p", { class: "lg-muted", text: "Your teacher shows the table at the end." });
  const head = ["", "Name", "FID", ""].map((text) => h("th", { scope: "col", text }));
  const table = h("table", { class: "lg-league-table" }, h("thead", {}, h("tr", {}, ...head)), body);
  let shown = "";

  /** @param {LeagueRow} row */
  function createRow(row) {
    const { fid, words } = wordsOf(row);
    const look = button({ class: "lg-league-name", text: row.name, title: `Look at ${row.run}`,
      onclick: () => go({ page: "train", run: row.run, lesson: null, at: Date.now() }) });
    const title = "Train it again from its record, and compare";
    const again = ofTeacher && row.fid !== null
      ? button({ class: "lg-button lg-small lg-quiet", text: "Replay", title,
        onclick: () => post("league/replay", { run: row.run }) })
      : null;
    return h("tr", {}, h("td", { class: "lg-league-place", text: row.place === null ? "" : `${row.place}.` }),
      h("th", { scope: "row" }, look), h("td", { class: "lg-league-fid", text: fid }),
      h("td", { class: "lg-muted" }, h("span", { text: words }), again));
  }

  return {
    el: h("div", { class: "lg-league-rows" }, hidden, table),
    /** @param {League} league */
    show(league) {
      const now = JSON.stringify([league.rows, league.shown]);
      if (now === shown) return;
      shown = now;
      hidden.hidden = league.shown;
      table.hidden = league.rows.length === 0;
      body.replaceChildren(...league.rows.map(createRow));
      setText(head[3], league.rows.some((row) => row.said) ? "Or how far" : "");
    },
  };
}
