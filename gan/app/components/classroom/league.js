/** The league: a button and a dialog for the teacher, a line and a dialog for students. */

/** @import { League, LeagueRow } from "../types.d.ts" */
/** @import { ClassPage, Subject } from "./main.js" */

import { onPart } from "../shared/class_parts.js";
import { button, h, setText } from "../shared/dom.js";
import { createEntryForm } from "./league_entry.js";
import { createOpeningForm } from "./league_opening.js";
import { watchOwn } from "./league_own.js";
import { createSeen, seenOf } from "./league_seen.js";
import { createTable, lineOf, withOwn } from "./league_table.js";
import { post } from "./post.js";
import { barButton } from "./teacher_bar.js";

/**
 * @param {ClassPage} page
 * @returns {Subject}
 */
export function createLeague(page) {
  if (page.seat === "teacher") return ofTeacher(page);
  return page.seat === "student" ? ofStudent(page) : {};
}

/**
 * @param {ClassPage} page
 * @returns {Subject}
 */
function ofTeacher(page) {
  const dialog = createDialog("League");
  const form = createOpeningForm(page);
  const table = createTable(page);
  const acts = createActs(page);
  const address = `${page.base}/api/class/league.csv`;
  const csv = h("a", { class: "lg-button", href: address, download: "league.csv", text: "Save as CSV" });
  const summary = h("p", { class: "lg-muted" });
  const below = h("div", { class: "lg-league-acts" }, ...acts.buttons, csv);
  const measuring = h("p", { class: "lg-league-measuring", role: "status" });
  const going = h("div", { class: "lg-league-going" }, summary, measuring, acts.seen, table.el, below, acts.told);
  dialog.add(form.el, going);
  const toggle = barButton("League", "Let the class compete for the lowest FID", () => dialog.open());
  const end = onPart("league", (league) => {
    const open = league?.open ? league : null;
    form.el.hidden = open !== null;
    going.hidden = open === null;
    toggle.press(open !== null && !open.ended);
    if (league && !league.open) form.show(league);
    if (!open) return;
    setText(summary, summaryOf(open));
    setText(measuring, measuringIn(open));
    table.show(open);
    acts.show(open);
  });
  return { bar: [toggle.el], over: [dialog.el], destroy: end };
}

/**
 * @param {ClassPage} page
 * @returns {Subject}
 */
function ofStudent(page) {
  const dialog = createDialog("League");
  const table = createTable(page);
  const summary = h("p", { class: "lg-muted" });
  const form = createEntryForm(page, () => dialog.close());
  dialog.add(summary, form.el, table.el);
  const text = h("span");
  const row = h("div", { class: "lg-class-row", hidden: true }, text,
    button({ class: "lg-button", text: "League", onclick: () => dialog.open() }));
  /** @type {League | null} */
  let open = null;
  const own = watchOwn(page.base, page.desk, show);

  /** @param {LeagueRow[]} known of the own entries */
  function show(known) {
    if (!open) return;
    const rows = withOwn(open.rows, known);
    setText(text, lineOf(open, rows.filter((each) => each.desk === page.desk)));
    table.show(open, rows);
  }

  const end = onPart("league", (league) => {
    open = league?.open ? league : null;
    row.hidden = open === null;
    if (!open) return dialog.close();
    setText(summary, [summaryOf(open), measuringIn(open)].filter(Boolean).join(" "));
    form.show(open);
    own.update(open);
  });
  const destroy = () => {
    end();
    own.end();
  };
  return { line: [row], over: [dialog.el], destroy };
}

/**
 * How far the server is with measuring, in a sentence; "" if it has nothing to measure.
 * @param {Pick<League, "measuring">} league
 */
const measuringIn = ({ measuring }) => (measuring ? `Measuring ${measuring[0]} of ${measuring[1]}.` : "");

/**
 * What a league asks for, in a sentence.
 * @param {League} league
 */
function summaryOf({ budget, title, free }) {
  const what = free.length > 3 ? "all knobs are free" : `free: ${free.map((knob) => knob.label).join(", ")}`;
  return `${budget.toLocaleString("en")} batches with the settings “${title}”; ${what}. The lowest FID wins.`;
}

/** @param {string} title */
function createDialog(title) {
  const body = h("div", { class: "lg-league-body" });
  const close = button({ class: "lg-button lg-small lg-quiet", text: "Close", onclick: () => el.close() });
  const name = h("h2", { class: "lg-title", text: title });
  const head = h("div", { class: "lg-league-head" }, name, close);
  const el = h("dialog", { class: "lg-league", "aria-label": title }, head, body);
  return {
    el,
    /** @param {...HTMLElement} content */
    add: (...content) => body.append(...content),
    open: () => el.open || el.showModal(),
    close: () => el.close(),
  };
}

/**
 * What the teacher can do with a league that is open or over.
 * @param {ClassPage} page
 */
function createActs({ base }) {
  const told = h("p", { class: "lg-league-told", role: "alert" });
  /** @param {string} name */
  const act = async (name) => setText(told, (await post(base, "league/act", { act: name })) ?? "");
  const seen = createSeen(act);
  const end = button({ class: "lg-button", text: "End the league", onclick: () => act("end") });
  const forgets = "Forgets the table; the runs stay";
  const clear = button({ class: "lg-button", text: "Clear", title: forgets, onclick: () => act("clear") });
  return {
    seen: seen.el,
    buttons: [end, clear],
    told,
    /** @param {League} league */
    show(league) {
      seen.set(seenOf(league));
      seen.el.hidden = end.hidden = league.ended;
      clear.hidden = !league.ended;
    },
  };
}
