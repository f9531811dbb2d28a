/** A list of runs to choose some from; those of the same family come first. */

/** @import { RunSummary, Snapshot } from "../../types.d.ts" */
/** @import { Relative } from "./ancestry.js" */

import { button, h, setAttr, setBlocked } from "../../shared/dom.js";
import { createThumbnail, epochsOf } from "../../shared/run_summary.js";
import { watchRuns } from "../../shared/runs_feed.js";
import { word } from "../../shared/states.js";
import { fork } from "./ancestry.js";

const MOST = 40; // rows
const FEW = 8; // runs that need no search field

/**
 * @param {HTMLElement} host where it opens
 * @param {string} base the server's base path
 * @param {Snapshot} run the one on the page
 * @param {{ most: number, pick: (name: string) => void, closed: () => void }} on `most`: how many can be chosen; `pick`
 *   chooses a run, or no longer
 * @returns {{ close: () => void, chosen: (names: string[]) => void }}
 */
export function openRunPicker(host, base, run, on) {
  const search = h("input", { class: "lg-picker-search", type: "search", placeholder: "Find a run",
    "aria-label": "Find a run to compare with" });
  const list = h("div", { class: "lg-picker-list" });
  const el = h("div", { class: "lg-picker", role: "dialog", "aria-label": "Compare with other runs" }, search, list);
  /** @type {string[]} */
  let chosen = [];
  /** @type {RunSummary[]} */
  let runs = [];
  let drawn = "";
  const end = watchRuns(base, (news) => {
    const others = news.runs.filter((each) => each.name !== run.name);
    runs = others.filter((each) => each.state !== "damaged" && each.batch > 0 && !each.hidden);
    refresh();
  });
  search.addEventListener("input", refresh);

  function refresh() {
    const { family, others } = sorted(run, runs, search.value);
    const key = `${[...family, ...others].map(({ name }) => name).join("\n")}\n${search.value}`;
    if (key === drawn) return; // what changes all the time is not worth moving a list under the pointer
    drawn = key;
    list.replaceChildren(...group("Same family", family), ...group(family.length ? "Other runs" : "Runs", others));
    if (!family.length && !others.length) {
      list.append(title(runs.length ? "No run is called that." : "There is no other run yet."));
    }
    search.hidden = runs.length <= FEW;
    mark();
  }

  /**
   * @param {string} text
   * @param {Found[]} members
   */
  function group(text, members) {
    if (!members.length) return [];
    return [title(text), ...members.slice(0, MOST).map((found) => row(base, found, () => on.pick(found.name)))];
  }

  /** Which are chosen; no more can be if there are as many as fit. */
  function mark() {
    for (const each of list.querySelectorAll("button")) {
      const free = chosen.includes(each.value) || chosen.length < on.most;
      setAttr(each, "aria-pressed", String(chosen.includes(each.value)));
      setBlocked(each, free ? null : `At most ${on.most} other runs fit into the charts.`);
    }
  }

  function close() {
    end();
    stop();
    const back = el.contains(document.activeElement) ? el.parentElement?.querySelector("button") : null;
    el.remove();
    on.closed();
    back?.focus();
  }

  const stop = listen(el, search, list, close);
  host.append(el);
  (search.hidden ? list.querySelector("button") : search)?.focus();
  return {
    close,
    /** @param {string[]} names of the chosen runs */
    chosen(names) {
      chosen = names;
      mark();
    },
  };
}

/**
 * @typedef {RunSummary & { relation: string }} Found a run, and what it is to the one on the page, or ""
 */

/**
 * The runs that are called so: those of the family, and the others.
 * @param {Relative} run the one on the page
 * @param {RunSummary[]} runs
 * @param {string} wanted
 * @returns {{ family: Found[], others: Found[] }}
 */
export function sorted(run, runs, wanted) {
  /** @type {Map<string, Relative>} */
  const all = new Map(runs.map((each) => [each.name, each]));
  all.set(run.name, run);
  const text = wanted.trim().toLowerCase();
  const found = runs.filter((each) => `${each.title}\n${each.name}`.toLowerCase().includes(text))
    .map((each) => ({ ...each, relation: relationOf(run, each, fork(run, each, all)) }));
  return { family: found.filter((each) => each.relation), others: found.filter((each) => !each.relation) };
}

/**
 * @param {Relative} run
 * @param {Relative} each
 * @param {number | null} at the epoch where they part; null: they are not related
 */
function relationOf(run, each, at) {
  if (at === null) return "";
  if (each.name === run.parent) return "parent";
  return each.parent === run.name ? `branch at epoch ${at}` : `same until epoch ${at}`;
}

/** @param {string} text */
const title = (text) => h("p", { class: "lg-picker-title lg-muted", text });

/**
 * @param {string} base
 * @param {Found} found
 * @param {() => void} onclick
 */
function row(base, found, onclick) {
  const thumbnail = createThumbnail(base, 36);
  thumbnail.update(found);
  const about = [found.relation, word(found.state), `epoch ${epochsOf(found)}`].filter(Boolean).join(" · ");
  return button({ class: "lg-picker-row", value: found.name, onclick }, thumbnail.el,
    h("span", { class: "lg-picker-text" }, h("b", { text: found.title, dir: "auto" }),
      h("span", { class: "lg-muted", text: about })));
}

/**
 * Move by the arrow keys; close on Escape and on a click elsewhere.
 * @param {HTMLElement} el
 * @param {HTMLElement} search
 * @param {HTMLElement} list
 * @param {() => void} close
 * @returns {() => void} ends it
 */
function listen(el, search, list, close) {
  /** @param {KeyboardEvent} event */
  function onKey(event) {
    const rows = [...list.querySelectorAll("button")];
    const at = rows.findIndex((each) => each === document.activeElement);
    if (event.key === "Escape") close();
    else if (event.key === "ArrowDown") (rows[at + 1] ?? rows.at(-1))?.focus();
    else if (event.key === "ArrowUp") (rows[at - 1] ?? search).focus();
    else return;
    event.preventDefault();
  }

  /** @param {PointerEvent} event */
  function outside({ target }) {
    if (!(target instanceof Node && el.parentElement?.contains(target))) close();
  }

  el.addEventListener("keydown", onKey);
  document.addEventListener("pointerdown", outside);
  return () => document.removeEventListener("pointerdown", outside);
}
