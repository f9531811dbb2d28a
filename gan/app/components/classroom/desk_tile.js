/** A desk on the wall: the newest images of its run, with the FID and what was turned last. */

/** @import { Mark, RoomDesk } from "../types.d.ts" */

import { button, h, setAttr, setText } from "../shared/dom.js";
import { anyValue, count, value } from "../shared/format.js";
import { word } from "../shared/states.js";

/** @param {(run: string, unnamed: boolean) => void} show brings the run to the projector */
export function createDeskTile(show) {
  /** @type {RoomDesk | null} */
  let shown = null;
  const canvas = h("canvas", { class: "lg-desk-images", width: 1, height: 1 });
  const context = canvas.getContext("2d");
  const name = h("b", { class: "lg-desk-name", dir: "auto" });
  const state = h("span", { class: "lg-badge lg-desk-state" });
  const epoch = h("span", { class: "lg-desk-epoch" });
  const fidEpoch = h("span", { class: "lg-desk-fid-epoch" });
  const fidOf = h("span", { class: "lg-muted lg-desk-fid-of" }, "FID", fidEpoch);
  const fid = h("b", { class: "lg-desk-fid" });
  const move = createMove();
  /** @param {boolean} unnamed */
  const bring = (unnamed) => shown?.run && show(shown.run.name, unnamed);
  const acts = h("div", { class: "lg-desk-acts" },
    button({ class: "lg-button lg-small", text: "Show", title: "Bring this desk to the projector",
      onclick: () => bring(false) }),
    button({ class: "lg-button lg-small", text: "Unnamed", title: "Bring it to the projector without its name",
      onclick: () => bring(true) }));
  const facts = h("div", { class: "lg-desk-facts" }, state, epoch, fidOf, fid);
  const el = h("section", { class: "lg-desk" }, name, canvas, facts, move.el, acts);

  /** @param {RoomDesk["run"]} run */
  function showQuality(run) {
    const known = run !== null && run.fid !== null;
    fidOf.hidden = !known;
    setText(fidEpoch, known ? `, epoch ${count(run.fid_epoch ?? 0)}` : "");
    setText(fid, known ? value(run.fid ?? 0, 3) : "");
  }

  return {
    el,
    /** @param {RoomDesk} desk */
    update(desk) {
      shown = desk;
      const { run } = desk;
      setText(name, desk.name);
      setAttr(el, "aria-label", desk.name);
      setAttr(el, "data-here", String(desk.here));
      setAttr(el, "data-run", String(run !== null));
      setAttr(state, "data-state", run?.state);
      setText(state, run ? word(run.state) : desk.here ? "no run yet" : "away");
      setText(epoch, run ? `epoch ${count(run.epoch)}` : "");
      showQuality(run);
      move.show(run?.moves ?? []);
      acts.hidden = !run;
    },
    here: () => shown?.here === true,
    blank() {
      context?.clearRect(0, 0, canvas.width, canvas.height);
    },
    /**
     * Show a part of a picture.
     * @param {ImageBitmap} picture
     * @param {number} side of the part, in its pixels
     * @param {number} column
     * @param {number} row
     */
    draw(picture, side, column, row) {
      if (canvas.width !== side) Object.assign(canvas, { width: side, height: side });
      context?.drawImage(picture, column * side, row * side, side, side, 0, 0, side, side);
    },
  };
}

/** The last knob move: what was turned, from where, and to where. */
function createMove() {
  const knob = h("span", { class: "lg-desk-knob" });
  const before = h("span", { class: "lg-desk-before" });
  const after = h("span");
  const el = h("div", { class: "lg-desk-move" }, knob, h("b", { class: "lg-desk-turn" }, before, after));
  return {
    el,
    /** @param {Mark[]} moves the last ones, which a pointer that rests there sees */
    show(moves) {
      const last = moves.at(-1);
      const turned = last && last.after !== null;
      setText(knob, last ? shortened(last.label) : "");
      setText(before, turned ? `${anyValue(last.before)} ` : "");
      setText(after, turned ? `→ ${anyValue(last.after)}` : "");
      setAttr(el, "title", moves.map(moveInWords).join("\n") || null);
    },
  };
}

/**
 * What was turned, as it has room on a desk: of the two networks the letters alone.
 * @param {string} label
 */
export const shortened = (label) => label.replace(/^(G)enerator |^(D)iscriminator /, "$1$2 ");

/** @param {Mark} mark */
export const moveInWords = ({ label, before, after }) =>
  (after === null ? label : `${label} ${anyValue(before)} → ${anyValue(after)}`);
