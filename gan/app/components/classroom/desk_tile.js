/** A desk on the wall: the newest images of its run, with the FID and what was turned last. */

/** @import { Mark, RoomDesk, RoomRun } from "../types.d.ts" */

import { button, h, setAttr, setText } from "../shared/dom.js";
import { anyValue, value } from "../shared/format.js";
import { word } from "../shared/states.js";

const PICTURE_MS = 4000; // between two pictures of a desk: forty desks bring ten a second

/**
 * @param {string} base the server's base path
 * @param {(run: string, unnamed: boolean) => void} show brings the run to the projector
 */
export function createDeskTile(base, show) {
  /** @type {RoomRun | null} */
  let run = null;
  const image = h("img", { class: "lg-desk-images", alt: "", width: 242, height: 242 });
  const name = h("b", { class: "lg-desk-name", dir: "auto" });
  const badge = h("span", { class: "lg-badge lg-desk-state" });
  const fid = h("span", { class: "lg-desk-fid" });
  const moves = h("ul", { class: "lg-desk-moves" });
  /** @param {boolean} unnamed */
  const bring = (unnamed) => run && show(run.name, unnamed);
  const acts = h("div", { class: "lg-desk-acts" },
    button({ class: "lg-button lg-small", text: "Show", title: "Bring this desk to the projector",
      onclick: () => bring(false) }),
    button({ class: "lg-button lg-small", text: "Unnamed", title: "Bring it to the projector without its name",
      onclick: () => bring(true) }));
  const facts = h("div", { class: "lg-desk-facts" }, badge, fid);
  const el = h("section", { class: "lg-desk" }, name, image, facts, moves, acts);
  let told = "";
  let pictured = Number.NEGATIVE_INFINITY; // when

  return {
    el,
    /** @param {RoomDesk} desk */
    update(desk) {
      run = desk.run;
      picture(run);
      const now = JSON.stringify({ ...desk, run: run && { ...run, pictured: 0 } });
      if (now === told) return; // a wall of forty costs little where nothing moves
      told = now;
      setText(name, desk.name);
      setAttr(el, "aria-label", desk.name);
      setAttr(el, "data-here", String(desk.here));
      setText(badge, run ? `${word(run.state)}, epoch ${run.epoch}` : desk.here ? "no run yet" : "away");
      setAttr(badge, "data-state", run?.state);
      setText(fid, run?.fid == null ? "" : `FID ${value(run.fid, 3)} (epoch ${run.fid_epoch})`);
      const lines = run?.moves.map(moveInWords) ?? [];
      if (lines.join() !== [...moves.children].map((line) => line.textContent).join()) {
        moves.replaceChildren(...lines.map((text) => h("li", { text })));
        setAttr(moves, "title", lines.join("\n"));
      }
      acts.hidden = !run;
    },
  };

  /** @param {RoomRun | null} of */
  function picture(of) {
    if (of && performance.now() - pictured < PICTURE_MS) return;
    const src = of && `${base}/api/class/room/${encodeURIComponent(of.name)}.png?b=${of.pictured}`;
    image.style.visibility = src ? "" : "hidden";
    if (!src || image.getAttribute("src") === src) return;
    image.src = src; // the one before stays until it is here
    pictured = performance.now();
  }
}

/** @param {Mark} mark */
export const moveInWords = ({ label, before, after }) =>
  (after === null ? label : `${label} ${anyValue(before)} → ${anyValue(after)}`);
