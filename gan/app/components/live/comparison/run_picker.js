/** A list of runs to choose one from; those of the same family come first. */

import { button, h } from "../../shared/dom.js";
import { watchRuns } from "../../shared/runs_feed.js";
import { createThumbnail, epochsOf } from "../../shared/run_summary.js";
import { word } from "../../shared/states.js";
import { fork } from "./ancestry.js";

const MOST = 40; // rows
const FEW = 8; // runs that need no search field

/**
 * @param {string} base
 * @param {object} run the one on the page
 * @param {{pick: (name: string) => void, closed: () => void}} on
 */
export function createRunPicker(base, run, on) {
  const search = h("input", { class: "lg-picker-search", type: "search", placeholder: "Find a run", "aria-label": "Find a run to compare with" });
  const list = h("div", { class: "lg-picker-list" });
  const el = h("div", { class: "lg-picker", role: "dialog", "aria-label": "Compare with another run" }, search, list);
  let runs = [];
  let drawn = "";
  const end = watchRuns(base, (news) => {
    runs = news.runs.filter((each) => each.name !== run.name && each.state !== "damaged" && each.batch > 0 && !each.hidden);
    refresh();
  });
  search.addEventListener("input", refresh);

  function row(each, relation) {
    const thumbnail = createThumbnail(base, 36);
    thumbnail.update(each);
    return button({ class: "lg-picker-row", onclick: () => (close(), on.pick(each.name)) }, thumbnail.el,
      h("span", { class: "lg-picker-text" }, h("b", { text: each.title, dir: "auto" }),
        h("span", { class: "lg-muted", text: [relation, word(each.state), `epoch ${epochsOf(each)}`].filter(Boolean).join(" · ") })));
  }

  function relationOf(each, at) {
    if (each.name === run.parent) return "parent";
    if (each.parent === run.name) return `branch at epoch ${at}`;
    return `same until epoch ${at}`;
  }

  function refresh() {
    const all = new Map(runs.map((each) => [each.name, each])).set(run.name, run);
    const wanted = search.value.trim().toLowerCase();
    const found = runs.filter((each) => `${each.title}\n${each.name}`.toLowerCase().includes(wanted));
    const forks = new Map(found.map((each) => [each.name, fork(run, each, all)]));
    const family = found.filter((each) => forks.get(each.name) !== null);
    const others = found.filter((each) => forks.get(each.name) === null);
    const names = [...family, ...others].map((each) => each.name).join("\n") + wanted;
    if (names === drawn && drawn) return; // what changes all the time is not worth moving a list under the pointer
    drawn = names;
    const group = (title, members) => (members.length
      ? [h("p", { class: "lg-picker-title lg-muted", text: title }), ...members.map((each) =>
        row(each, forks.get(each.name) === null ? "" : relationOf(each, forks.get(each.name))))]
      : []);
    list.replaceChildren(...group("Same family", family.slice(0, MOST)),
      ...group(family.length ? "Other runs" : "Runs", others.slice(0, MOST)));
    if (!found.length) list.append(h("p", { class: "lg-picker-title lg-muted", text: runs.length ? "No run is called that." : "There is no other run yet." }));
    search.hidden = runs.length <= FEW;
  }

  const rows = () => [...list.querySelectorAll("button")];

  function onKey(event) {
    const at = rows().indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1 }[event.key];
    if (event.key === "Escape") close();
    else if (to === undefined) return;
    else (rows()[to] ?? (to < 0 ? search : rows().at(-1)))?.focus();
    event.preventDefault();
  }

  function outside(event) {
    if (!el.parentElement?.contains(event.target)) close();
  }

  function close() {
    end();
    document.removeEventListener("pointerdown", outside);
    const back = el.contains(document.activeElement) ? el.parentElement?.querySelector("button") : null;
    el.remove();
    on.closed();
    back?.focus();
  }

  el.addEventListener("keydown", onKey);
  document.addEventListener("pointerdown", outside);
  return {
    el,
    focus: () => (search.hidden ? rows()[0] : search)?.focus(),
    close,
  };
}
