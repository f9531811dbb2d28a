/** Pointers on a map: hover or tap to point, drag to pan, wheel or two fingers to zoom. */

import { createDrag } from "../../shared/gestures.js";

const WHEEL = 0.0016; // zoom by e^(this * pixels scrolled)
const FAR = 4; // px that a mouse moves before it pans
const CLOSE = 10; // px between two fingers that are too near each other to zoom

/**
 * All in client pixels; `restore` takes what `view` returned before.
 * @template View
 * @typedef {object} MapActions
 * @property {(x: number, y: number) => void} point
 * @property {(dx: number, dy: number) => void} pan
 * @property {(by: number, x: number, y: number) => void} zoom
 * @property {() => View} view
 * @property {(view: View) => void} restore
 */

/**
 * @template View
 * @param {HTMLElement} el
 * @param {MapActions<View>} act
 */
export function listenToMapGestures(el, act) {
  const fingers = zoomWithFingers(el, act.zoom);
  let from = { x: 0, y: 0 }; // the pointer that pans
  let before = act.view(); // when it began

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
    tap(x, y) {
      if (fingers.size < 2) act.point(x, y);
    },
  }, FAR);

  el.addEventListener("pointermove", (event) => {
    if (event.pointerType === "mouse" && !event.buttons) act.point(event.clientX, event.clientY);
  });
  el.addEventListener("wheel", (event) => {
    event.preventDefault();
    const lines = event.deltaMode === 1 ? 16 : 1;
    const by = Math.exp(Math.min(400, Math.max(-400, event.deltaY * lines)) * WHEEL);
    act.zoom(by, event.clientX, event.clientY);
  }, { passive: false });
}

/**
 * Two fingers zoom, and do not scroll the page.
 * @param {HTMLElement} el
 * @param {(by: number, x: number, y: number) => void} zoom
 * @returns {Map<number, {x: number, y: number}>} the fingers on the map
 */
function zoomWithFingers(el, zoom) {
  /** @type {Map<number, {x: number, y: number}>} by pointerId */
  const fingers = new Map();

  el.addEventListener("touchmove", (event) => {
    if (event.touches.length > 1 && event.cancelable) event.preventDefault();
  }, { passive: false });
  el.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "mouse") fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
  });
  el.addEventListener("pointermove", (event) => {
    const was = fingers.get(event.pointerId);
    if (!was) return;
    if (fingers.size === 2) pinch(event, was);
    fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
  });
  for (const end of /** @type {const} */ (["pointerup", "pointercancel"])) {
    el.addEventListener(end, (event) => fingers.delete(event.pointerId));
  }

  /**
   * @param {PointerEvent} event
   * @param {{x: number, y: number}} was where this finger was
   */
  function pinch(event, was) {
    for (const [id, other] of fingers) {
      if (id === event.pointerId) continue;
      const earlier = Math.hypot(was.x - other.x, was.y - other.y);
      const now = Math.hypot(event.clientX - other.x, event.clientY - other.y);
      if (earlier > CLOSE && now > CLOSE) zoom(earlier / now, other.x, other.y);
    }
  }

  return fingers;
}
