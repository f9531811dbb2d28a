/** Pointers on a map: hover or tap to point, drag to pan, wheel or two fingers to zoom. */

import { createDrag } from "../../shared/gestures.js";

const WHEEL = 0.0016; // zoom by e^(this * pixels scrolled)
const FAR = 4; // px that a mouse moves before it pans

/**
 * @template View
 * @param {HTMLElement} el
 * @param {{point: (x: number, y: number) => void, pan: (dx: number, dy: number) => void,
 *   zoom: (by: number, x: number, y: number) => void, view: () => View, restore: (view: View) => void}} act
 *   all in client pixels; `restore` puts back what `view` told before
 */
export function listenToMapGestures(el, act) {
  const fingers = new Map(); // pointerId -> {x, y}
  let from = null; // {x, y} of the pointer that pans
  let before = null; // the view when it began

  createDrag(el, {
    begin(x, y) {
      before = act.view();
      from = { x, y };
    },
    move(x, y) {
      if (fingers.size < 2) act.pan(x - from.x, y - from.y);
      from = { x, y };
    },
    end() {},
    cancel: () => act.restore(before),
    tap: (x, y) => fingers.size < 2 && act.point(x, y),
  }, FAR);

  el.addEventListener("pointermove", (event) => {
    if (event.pointerType === "mouse" && !event.buttons) act.point(event.clientX, event.clientY);
  });
  el.addEventListener("wheel", (event) => {
    event.preventDefault();
    const lines = event.deltaMode === 1 ? 16 : 1;
    act.zoom(Math.exp(Math.min(400, Math.max(-400, event.deltaY * lines)) * WHEEL), event.clientX, event.clientY);
  }, { passive: false });

  // Two fingers zoom, and do not scroll the page.
  el.addEventListener("touchmove", (event) => event.touches.length > 1 && event.cancelable && event.preventDefault(), { passive: false });
  el.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "mouse") fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
  });
  el.addEventListener("pointermove", (event) => {
    const was = fingers.get(event.pointerId);
    if (!was) return;
    if (fingers.size === 2) pinch(event, was);
    fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
  });
  for (const end of ["pointerup", "pointercancel"]) el.addEventListener(end, (event) => fingers.delete(event.pointerId));

  function pinch(event, was) {
    const other = [...fingers].find(([id]) => id !== event.pointerId)[1];
    const earlier = Math.hypot(was.x - other.x, was.y - other.y);
    const now = Math.hypot(event.clientX - other.x, event.clientY - other.y);
    if (earlier > 10 && now > 10) act.zoom(earlier / now, other.x, other.y);
  }
}
