/** The wall of all desks, as the server tells it: first all of it, then what has changed. */

/** @import { WallHeader } from "../types.d.ts" */
/** @import { Message } from "../shared/frames.js" */

import { h } from "../shared/dom.js";
import { decode } from "../shared/frames.js";
import { createDeskTile } from "./desk_tile.js";
import { layoutOf } from "./wall_layout.js";

/** @typedef {ReturnType<typeof createDeskTile>} DeskTile */

/**
 * @param {(run: string, unnamed: boolean) => void} show brings a run to the projector
 * @param {(here: number, joined: number) => void} counted called with how many students there are
 */
export function createWall(show, counted) {
  /** @type {Map<string, DeskTile>} */
  const tiles = new Map();
  const nobody = h("p", { class: "lg-muted", text: "Nobody has joined yet. The page Class shows how.", hidden: true });
  const el = h("div", { class: "lg-wall" }, nobody);
  let shown = Promise.resolve(); // messages are shown in their order, though pictures take their time

  /** All desks on one screen, as large as they can be; few are in the middle. A wall that is closed has no size. */
  function fit() {
    const { clientWidth, clientHeight } = el;
    if (!clientWidth) return;
    const { columns, size } = layoutOf(Math.max(1, tiles.size), clientWidth, clientHeight);
    el.style.setProperty("--lg-wall-columns", String(columns));
    el.style.setProperty("--lg-desk-width", `${size}px`);
  }

  /** @param {Message<WallHeader>} message */
  async function take({ header, pictures }) {
    const picture = pictures.picture ? await createImageBitmap(pictures.picture) : null; // all is shown in one frame
    if (arrange(header.order)) fit();
    for (const desk of header.desks) tiles.get(desk.id)?.update(desk);
    for (const id of header.blank) tiles.get(id)?.blank();
    if (picture) draw(header, picture);
    counted([...tiles.values()].filter((tile) => tile.here()).length, tiles.size);
    nobody.hidden = tiles.size > 0;
  }

  /**
   * Have a tile for each of these desks, and no others.
   * @param {string[]} order
   * @returns {boolean} whether that changed anything
   */
  function arrange(order) {
    if (order.join() === [...tiles.keys()].join()) return false;
    const before = new Map(tiles);
    tiles.clear();
    for (const id of order) tiles.set(id, before.get(id) ?? createDeskTile(show));
    el.replaceChildren(nobody, ...[...tiles.values()].map((tile) => tile.el));
    return true;
  }

  /**
   * @param {WallHeader} header
   * @param {ImageBitmap} picture
   */
  function draw({ images, columns }, picture) {
    const side = picture.width / Math.min(columns, images.length);
    images.forEach((id, i) => tiles.get(id)?.draw(picture, side, i % columns, Math.floor(i / columns)));
    picture.close();
  }

  return {
    el,
    fit,
    /** @param {string | ArrayBuffer} data */
    take(data) {
      if (typeof data === "string") return;
      shown = shown.then(() => take(decode(data))).catch(() => {}); // one that cannot be shown spoils no other
    },
  };
}
