/** Pointers on a map: hover or tap to point, drag to pan, wheel or two fingers to zoom. */

const WHEEL = 0.0016; // zoom by e^(this * pixels scrolled)
const FAR = 4; // px that a press moves before it pans

/**
 * @param {HTMLElement} el
 * @param {{point: (x: number, y: number) => void, pan: (dx: number, dy: number) => void,
 *   zoom: (by: number, x: number, y: number) => void}} act all in client pixels
 */
export function createHands(el, act) {
  const down = new Map(); // pointerId -> {x, y}
  let travelled = 0;

  el.addEventListener("pointerdown", (event) => {
    el.setPointerCapture(event.pointerId);
    down.set(event.pointerId, { x: event.clientX, y: event.clientY });
    travelled = 0;
  });
  el.addEventListener("pointermove", (event) => {
    const from = down.get(event.pointerId);
    if (!from) {
      if (event.pointerType === "mouse") act.point(event.clientX, event.clientY);
      return;
    }
    const [dx, dy] = [event.clientX - from.x, event.clientY - from.y];
    if (down.size === 1) {
      travelled += Math.hypot(dx, dy);
      if (travelled < FAR) return;
      act.pan(dx, dy);
    } else {
      pinch(event, from);
    }
    down.set(event.pointerId, { x: event.clientX, y: event.clientY });
  });
  el.addEventListener("pointerup", (event) => {
    if (down.size === 1 && travelled < FAR) act.point(event.clientX, event.clientY);
    down.delete(event.pointerId);
  });
  el.addEventListener("pointercancel", (event) => down.delete(event.pointerId));
  el.addEventListener("wheel", (event) => {
    event.preventDefault();
    const lines = event.deltaMode === 1 ? 16 : 1;
    act.zoom(Math.exp(Math.min(400, Math.max(-400, event.deltaY * lines)) * WHEEL), event.clientX, event.clientY);
  }, { passive: false });

  function pinch(event, from) {
    travelled = FAR;
    const other = [...down].find(([id]) => id !== event.pointerId)[1];
    const before = Math.hypot(from.x - other.x, from.y - other.y);
    const after = Math.hypot(event.clientX - other.x, event.clientY - other.y);
    if (before > 10 && after > 10) act.zoom(before / after, other.x, other.y);
  }
}
