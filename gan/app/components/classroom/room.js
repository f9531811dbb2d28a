/** The room: who is there, and a wall of all desks with their newest images, FID and knob moves. */

/** @import { ClassPage, Subject } from "./main.js" */

import { button, h, setText } from "../shared/dom.js";
import { cover, onSeen } from "../shared/seen.js";
import { connect } from "../shared/socket.js";
import { present } from "./present.js";
import { barButton } from "./teacher_bar.js";
import { hideName } from "./unnamed.js";
import { createWall } from "./wall.js";

/**
 * @param {ClassPage} page
 * @returns {Subject}
 */
export function createRoom({ base, seat, go }) {
  if (seat !== "teacher") return {};
  const count = h("span", { class: "lg-muted lg-room-count", role: "status" });
  const wall = createWall(show, (here, joined) => setText(count, `${here} here, ${joined} joined`));
  const names = h("input", { type: "checkbox", class: "lg-switch", role: "switch" });
  const close = button({ class: "lg-button lg-small", text: "Close", onclick: () => dialog.close() });
  const head = h("div", { class: "lg-room-head" }, h("h2", { class: "lg-name", text: "The room" }), count,
    h("label", { class: "lg-room-names" }, names, "Names"), close);
  const dialog = h("dialog", { class: "lg-room", "aria-label": "The room" }, head, wall.el);
  const open = barButton("Room", "See who is there, and what each desk is doing", () => {
    dialog.showModal();
    wall.fit(); // the window may have another size than when the wall was last open
    uncover = cover();
    look();
  });
  let uncover = () => {};
  /** @type {ReturnType<typeof connect> | null} */
  let socket = null;
  names.checked = true;
  names.addEventListener("change", () => (dialog.dataset.names = String(names.checked)));
  dialog.addEventListener("close", leave);

  /** Have the server tell the wall while somebody sees it. */
  function look() {
    const seen = dialog.open && !document.hidden;
    if (seen && !socket) socket = connect(`${base}/api/class/room/live`, { message: wall.take, status() {} });
    if (seen) return;
    socket?.close();
    socket = null;
  }

  function leave() {
    look();
    uncover();
  }

  /**
   * Bring a desk to the projector.
   * @param {string} run
   * @param {boolean} unnamed
   */
  function show(run, unnamed) {
    dialog.close();
    leave(); // the event comes later
    hideName(unnamed ? run : null);
    present(true);
    go({ page: "train", run, lesson: null, at: Date.now() });
  }

  const unwatch = onSeen(look);
  addEventListener("resize", wall.fit);
  return {
    bar: [open.el],
    over: [dialog],
    destroy() {
      unwatch();
      removeEventListener("resize", wall.fit);
      dialog.close();
      leave();
    },
  };
}
