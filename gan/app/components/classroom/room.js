/** The room: who is there, and a wall of all desks with their newest images, FID and knob moves. */

/** @import { RoomDesk } from "../types.d.ts" */
/** @import { ClassPage, Subject } from "./main.js" */

import { button, h, setText } from "../shared/dom.js";
import { createDeskTile } from "./desk_tile.js";
import { present } from "./present.js";
import { barButton } from "./teacher_bar.js";
import { columnsFor } from "./wall_layout.js";

const LOOK_MS = 1000; // between two looks at the room, while somebody sees it

/** @typedef {ReturnType<typeof createDeskTile>} DeskTile */

/**
 * @param {ClassPage} page
 * @returns {Subject}
 */
export function createRoom({ base, seat, go, say }) {
  if (seat !== "teacher") return {};
  const wall = createWall(base, show);
  const names = h("input", { type: "checkbox", class: "lg-switch", role: "switch" });
  const count = h("span", { class: "lg-muted lg-room-count", role: "status" });
  const close = button({ class: "lg-button lg-small", text: "Close", onclick: () => dialog.close() });
  const head = h("div", { class: "lg-room-head" }, h("h2", { class: "lg-name", text: "The room" }), count,
    h("label", { class: "lg-room-names" }, names, "Names"), close);
  const dialog = h("dialog", { class: "lg-room", "aria-label": "The room" }, head, wall.el);
  const open = barButton("Room", "See who is there, and what each desk is doing", () => {
    dialog.showModal();
    look();
  });
  names.checked = true;
  names.addEventListener("change", () => (dialog.dataset.names = String(names.checked)));
  let busy = false;

  /**
   * Bring a desk to the projector.
   * @param {string} run
   * @param {boolean} unnamed
   */
  function show(run, unnamed) {
    dialog.close();
    present(true, { unnamed });
    go({ page: "train", run, lesson: null, at: Date.now() });
  }

  async function look() {
    if (!dialog.open || document.hidden || busy) return;
    busy = true;
    try {
      const answer = await fetch(`${base}/api/class/room`);
      const { desks, error } = await answer.json();
      say(error ?? "");
      if (desks) take(desks);
    } catch { // the server is gone, which the page says; the wall stays as it was
    }
    busy = false;
  }

  /** @param {RoomDesk[]} desks */
  function take(desks) {
    setText(count, `${desks.filter((desk) => desk.here).length} here, ${desks.length} joined`);
    wall.update(desks);
  }

  const clock = setInterval(look, LOOK_MS);
  addEventListener("resize", wall.fit);
  return {
    bar: [open.el],
    over: [dialog],
    destroy() {
      clearInterval(clock);
      removeEventListener("resize", wall.fit);
    },
  };
}

/**
 * @param {string} base the server's base path
 * @param {(run: string, unnamed: boolean) => void} show
 */
function createWall(base, show) {
  /** @type {Map<string, DeskTile>} */
  const tiles = new Map();
  const nobody = h("p", { class: "lg-muted", text: "Nobody has joined yet. The page Class shows how." });
  const el = h("div", { class: "lg-wall" }, nobody);

  /** All desks on one screen, as large as they can be. */
  function fit() {
    const { clientWidth, clientHeight } = el;
    el.style.setProperty("--lg-wall-columns", String(columnsFor(tiles.size, clientWidth, clientHeight)));
  }

  return {
    el,
    fit,
    /** @param {RoomDesk[]} desks */
    update(desks) {
      const there = new Set(desks.map((desk) => desk.id));
      for (const [id, tile] of tiles) {
        if (there.has(id)) continue;
        tile.el.remove();
        tiles.delete(id);
      }
      for (const desk of desks) {
        const tile = tiles.get(desk.id) ?? createDeskTile(base, show);
        if (!tiles.has(desk.id)) el.append(tile.el);
        tiles.set(desk.id, tile);
        tile.update(desk);
      }
      nobody.hidden = desks.length > 0;
      fit();
    },
  };
}
