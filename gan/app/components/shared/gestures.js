/**
 * Tells a finger that moves a control from one that scrolls the page.
 *
 * A finger that lands on a control means nothing yet. It takes hold of the control when it moves sideways or rests for
 * a moment. When it moves up or down first, the page scrolls (the controls have `touch-action: pan-y`) and the control
 * stays as it is. When the browser takes the finger away (`pointercancel`), the control gets its old value back.
 * A mouse takes hold at once.
 */

const SLOP = 8; // px that a finger may tremble
export const HOLD = 500; // ms that a finger rests to take hold
const GRIP = 22; // px around a slider's thumb where a finger takes it without moving it to the finger

/** Whether a finger is what this screen is pointed at with. */
export const byFinger = globalThis.matchMedia?.("(pointer: coarse)").matches ?? false; // tests have no screen

/** @typedef {{ clientX: number, clientY: number }} Position */

/**
 * A pointer that is followed.
 * @typedef {object} Held
 * @property {number} id
 * @property {boolean} mouse
 * @property {number} x where it came down
 * @property {number} y
 * @property {"undecided" | "dragging" | "scrolling"} state
 * @property {number} timer
 */

/**
 * What happens to a control, in client pixels.
 * @typedef {object} DragListeners
 * @property {() => void} [land] a finger has come down, which means nothing yet
 * @property {(x: number, y: number) => void} begin the control is held
 * @property {(x: number, y: number) => void} move
 * @property {() => void} end
 * @property {() => void} cancel the browser took the pointer away from a control that was held
 * @property {(x: number, y: number) => void} [tap] the pointer came and went in one place
 */

/**
 * @param {HTMLElement} el with `touch-action: pan-y`
 * @param {DragListeners} on
 * @param {number | null} mouseSlop px that a mouse moves before it takes hold; null: the mouse is not followed at all
 */
export function createDrag(el, on, mouseSlop = 0) {
  /** @type {Held | null} */
  let held = null;

  el.addEventListener("pointerdown", (event) => {
    const mouse = event.pointerType === "mouse";
    if (event.button !== 0 || (mouse && mouseSlop === null)) return;
    if (held && !event.isPrimary) return; // another finger
    if (held && release(held) === "dragging") on.cancel(); // its end was never told
    held = { id: event.pointerId, mouse, x: event.clientX, y: event.clientY, state: "undecided", timer: 0 };
    for (const [kind, act] of follow) document.addEventListener(kind, act);
    if (mouse) {
      el.setPointerCapture(event.pointerId);
      if (mouseSlop === 0) begin(held, event);
    } else {
      on.land?.();
      held.timer = setTimeout(rested, HOLD, held, event);
    }
  });

  /**
   * On a page that was busy its moves may still be waiting: they are told before the next frame.
   * @param {Held} pointer
   * @param {Position} position
   */
  function rested(pointer, position) {
    requestAnimationFrame(() => held === pointer && pointer.state === "undecided" && begin(pointer, position));
  }

  /**
   * @param {Held} pointer
   * @param {Position} position
   */
  function begin(pointer, { clientX, clientY }) {
    clearTimeout(pointer.timer);
    pointer.state = "dragging";
    el.dataset.held = "";
    on.begin(clientX, clientY);
  }

  /**
   * @param {Held} pointer
   * @param {Position} position
   */
  function decide(pointer, position) {
    const [dx, dy] = [Math.abs(position.clientX - pointer.x), Math.abs(position.clientY - pointer.y)];
    if (pointer.mouse ? Math.hypot(dx, dy) >= (mouseSlop ?? 0) : dx > SLOP && dx > dy) return begin(pointer, position);
    if (pointer.mouse || Math.max(dx, dy) <= SLOP) return;
    clearTimeout(pointer.timer);
    pointer.state = "scrolling";
  }

  /** @param {Held} pointer */
  function release({ timer, state }) {
    clearTimeout(timer);
    for (const [kind, act] of follow) document.removeEventListener(kind, act);
    held = null;
    delete el.dataset.held;
    return state;
  }

  /** @param {(pointer: Held, position: Position) => void} act */
  const ofHeld = (act) => (/** @type {PointerEvent} */ event) => {
    if (held && event.pointerId === held.id) act(held, event);
  };
  /** @type {["pointermove" | "pointerup" | "pointercancel", (event: PointerEvent) => void][]} */
  const follow = [
    ["pointermove", ofHeld((pointer, position) => {
      if (pointer.state === "undecided") decide(pointer, position);
      else if (pointer.state === "dragging") on.move(position.clientX, position.clientY);
    })],
    ["pointerup", ofHeld((pointer, { clientX, clientY }) => {
      const state = release(pointer);
      if (state === "dragging") on.end();
      if (state === "undecided") on.tap?.(clientX, clientY);
    })],
    ["pointercancel", ofHeld((pointer) => release(pointer) === "dragging" && on.cancel())],
  ];

  // A finger that holds the control must neither scroll the page nor open a menu.
  /** @param {Event} event */
  const fromBrowser = (event) => held?.state === "dragging" && event.cancelable && event.preventDefault();
  el.addEventListener("touchmove", fromBrowser, { passive: false });
  el.addEventListener("contextmenu", (event) => held && !held.mouse && event.preventDefault());
}

/**
 * Make a slider follow a finger by these rules; for mouse and keyboard it stays the browser's own. Its `input` and
 * `change` events come as always.
 * @param {HTMLInputElement} input of type range; `--lg-thumb` is the width of its thumb
 * @param {() => void} [cancelled] takes back what `input` did; without it there is one more `input` with the old value
 */
export function steadySlider(input, cancelled = () => tell(input, "input", "change")) {
  let touched = false; // from a finger's landing until the mouse events that browsers make of it can no longer come
  let before = ""; // the value when the finger landed
  let shown = ""; // the value that it has to have now
  let moved = false; // whether `input` has told of another value since
  let offset = 0; // px from the finger to the thumb

  /** @param {number} x */
  function follow(x) {
    const { left, width, thumb } = place(input);
    const [min, max] = [Number(input.min), Number(input.max)];
    const share = (x - offset - left - thumb / 2) / (width - thumb);
    input.value = String(min + Math.min(1, Math.max(0, share)) * (max - min));
    if (input.value === shown) return;
    shown = input.value;
    moved = true;
    tell(input, "input");
  }

  function back() {
    input.value = shown = before;
    if (moved) cancelled();
  }

  createDrag(input, {
    land() {
      touched = true;
      moved = false;
      before = shown = input.value;
    },
    begin(x) {
      const { left, width, thumb } = place(input);
      const [min, max] = [Number(input.min), Number(input.max)];
      const at = left + thumb / 2 + ((Number(input.value) - min) / (max - min || 1)) * (width - thumb);
      offset = Math.abs(x - at) <= GRIP ? x - at : 0;
      follow(x);
    },
    move: follow,
    end: () => (shown === before ? back() : tell(input, "change")),
    cancel: back,
  }, null);

  /**
   * The browser's own idea of what a touch does to a slider: it jumps to the finger at once.
   * @param {Event} event
   */
  function own(event) {
    if (!touched || !event.isTrusted) return;
    event.stopImmediatePropagation();
    input.value = shown;
  }
  for (const kind of ["input", "change"]) input.addEventListener(kind, own, true);
  input.addEventListener("touchend", (event) => event.cancelable && event.preventDefault(), { passive: false });
  for (const kind of ["touchend", "touchcancel"]) input.addEventListener(kind, () => (touched = false));
}

/**
 * Let the page scroll where a finger swipes over a Plotly chart, which would else take every touch for a drag. A tap is
 * still told to it, as a mouse.
 * @param {HTMLElement} plot
 */
export function scrollOver(plot) {
  plot.addEventListener("touchstart", (event) => event.stopPropagation(), { capture: true, passive: true });
  return plot;
}

/** @param {HTMLInputElement} input */
function place(input) {
  const { left, width } = input.getBoundingClientRect();
  return { left, width, thumb: parseFloat(getComputedStyle(input).getPropertyValue("--lg-thumb")) || 16 };
}

/**
 * @param {HTMLInputElement} input
 * @param {...string} kinds
 */
function tell(input, ...kinds) {
  for (const kind of kinds) input.dispatchEvent(new Event(kind, { bubbles: true }));
}
