/** All runs with what can be done with each; only as many rows are built as somebody asked to see. */

import { button, h, setAttr, setBlocked, setSentence, setText } from "../shared/dom.js";
import { age, bytes, count, duration, value } from "../shared/format.js";
import { notKept, resumable } from "../shared/states.js";
import { titleOf } from "../shared/runs_feed.js";
import { postCommand, trainAgain } from "../shared/commands.js";
import { families } from "./family.js";
import { createThumbnail, epochsOf, linkTo, showBadge } from "../shared/run_summary.js";
import { createRows, createTree, origin } from "./rows.js";
import { createTakeMenu } from "./take.js";

const PAGE = 50;
const HEADS = [["Image"], ["Run"], ["State"], ["Epoch", "The epoch in training, or the last one that was trained."],
  ["Best FID", "The best that was measured between the run's images and real ones, on 2,000 images of an epoch; 0 is best."],
  ["Trained"], ["On disk"], ["Age"], ["Actions"]];
const UNSEEN = new Set(["Image", "Actions"]); // heads for those who do not see the columns

function createHead([text, title]) {
  return h("th", { scope: "col", title }, UNSEEN.has(text) ? h("span", { class: "lg-sr", text }) : text);
}

/**
 * @param {{base: string, formats: import("./take.js").Format[]}} data
 * @param {(name: string, value: any) => void} act
 */
export function createTable({ base, formats }, act) {
  const body = h("tbody");
  const table = h("table", { class: "lg-table", "aria-label": "Runs" },
    h("thead", {}, h("tr", {}, ...HEADS.map(createHead))), body);
  const search = h("input", { class: "lg-search", type: "search", placeholder: "Find a run", "aria-label": "Find a run" });
  const found = h("span", { class: "lg-muted", role: "status", text: "Loading…" });
  const more = button({ class: "lg-button lg-small", onclick: () => ((most += PAGE), refresh()) });
  const rows = createRows(body, createRow);
  let list = null; // until the first one has come
  let most = PAGE;
  let all = false; // whether those that are hidden are shown too
  const unhide = button({ class: "lg-button lg-small lg-quiet", onclick: () => ((all = !all), refresh()) });

  search.addEventListener("input", refresh);

  function createRow(name) {
    const tree = createTree(18);
    const thumbnail = createThumbnail(base, 44);
    const badge = h("span", { class: "lg-badge" });
    const from = h("p", { class: "lg-muted lg-table-message" });
    const over = h("p", { class: "lg-muted lg-table-message" });
    const message = h("p", { class: "lg-muted lg-table-message", role: "status" });
    const cells = { epoch: h("td"), fid: h("td", { class: "lg-table-fid" }), trained: h("td"), size: h("td"), age: h("td") };
    const small = (label, what, onclick) => button({ class: "lg-button lg-small", text: label, "aria-label": `${what} ${titleOf(name)}`, onclick });
    const open = small("Open", "Open", () => act("select", name));
    const resume = small("Resume", "Resume", async () => {
      if (resume.textContent === "Resume") return setSentence(message, (await postCommand(base, name, { kind: "resume" })) ?? "");
      const { name: another, error } = await trainAgain(base, name);
      if (error) setSentence(message, error);
      else act("select", another);
    });
    const take = createTakeMenu(base, name, formats);
    const remove = small("Delete", "Delete", () => (remove.textContent === "Delete" ? act("delete", name) : act("hide", { name, hide: remove.textContent === "Hide" })));
    const title = h("a", { class: "lg-table-name", href: linkTo(base, name), dir: "auto" });
    title.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      act("select", name);
    });
    const el = h("tr", {}, h("td", {}, thumbnail.el), h("td", { class: "lg-table-run" }, tree.el, title, from, over, message),
      h("td", {}, badge), cells.epoch, cells.fid, cells.trained, cells.size, cells.age,
      h("td", {}, h("span", { class: "lg-table-acts" }, open, resume, take.el, remove)));
    return { el, title, tree, thumbnail, badge, from, over, message, cells, open, resume, take, remove };
  }

  function fill(row, { run, lines }) {
    const damaged = run.state === "damaged";
    row.tree.draw(lines);
    setText(row.title, run.title);
    showBadge(row.badge, run);
    setText(row.from, origin(run) && `${origin(run)}${lines.length ? "" : ` of ${titleOf(run.parent)}`}`);
    setSentence(row.over, run.over ?? "");
    if (run.message) setSentence(row.message, run.message);
    setText(row.cells.epoch, damaged ? "–" : epochsOf(run));
    setText(row.cells.fid, typeof run.fid === "number" ? `${value(run.fid, 3)} · epoch ${count(run.fid_epoch)}` : "–");
    setText(row.cells.trained, damaged ? "–" : duration(run.seconds));
    setText(row.cells.size, run.size ? bytes(run.size) : "–");
    setText(row.cells.age, age(run.updated));
    setBlocked(row.open, damaged ? "A damaged run cannot be opened." : null);
    showResume(row, run);
    setBlocked(row.resume, list.read_only ?? run.over ?? (resumable(run) || notKept(run) ? null : `A run that is ${run.state} cannot be resumed.`));
    showRemove(row, run);
    setBlocked(row.remove, list.read_only ?? (run.state === "elsewhere" ? "Another process trains this run." : null));
    setBlocked(row.take.el, damaged ? "A damaged run cannot be taken home." : null);
    row.thumbnail.update(run);
  }

  /** A run whose training state was not kept is trained again as a new one instead. */
  function showResume({ resume }, run) {
    const what = notKept(run) ? "Train again" : "Resume";
    setText(resume, what);
    setAttr(resume, "aria-label", `${what} ${run.title}`);
    resume.dataset.title = notKept(run) ?? "";
  }

  /** A run that came with LiveGAN is not deleted, only hidden. */
  function showRemove({ remove }, run) {
    const what = !run.shipped ? "Delete" : run.hidden ? "Show" : "Hide";
    setText(remove, what);
    setAttr(remove, "aria-label", `${what} ${run.title}`);
    remove.dataset.title = run.shipped ? "It came with LiveGAN and cannot be deleted." : "";
  }

  function refresh() {
    if (!list) return;
    const wanted = search.value.trim().toLowerCase();
    const hidden = list.runs.filter((run) => run.hidden).length;
    const matching = list.runs.filter((run) => (all || !run.hidden)).filter((run) => `${run.title}\n${run.name}`.toLowerCase().includes(wanted) || run.state.includes(wanted));
    const shown = families(matching).slice(0, most);
    rows(shown.map(({ run }) => run.name)).forEach((row, i) => fill(row, shown[i]));
    const size = matching.reduce((sum, run) => sum + (run.size ?? 0), 0);
    unhide.hidden = hidden === 0;
    setText(unhide, all ? "Leave out hidden runs" : `Show ${count(hidden)} hidden`);
    const of = `${count(matching.length)} of ${count(list.runs.length)} runs, ${bytes(size)} on disk`;
    setText(found, list.runs.length ? of : "No runs yet.");
    setAttr(table, "hidden", list.runs.length === 0);
    more.hidden = matching.length <= most;
    setText(more, `Show ${count(Math.min(PAGE, matching.length - most))} more`);
  }

  return {
    el: h("div", { class: "lg-table-box" }, h("div", { class: "lg-table-tools" }, search, found, unhide), h("div", { class: "lg-table-scroll" }, table), more),
    update(next) {
      list = next;
      refresh();
    },
    select() {},
    refresh,
  };
}
