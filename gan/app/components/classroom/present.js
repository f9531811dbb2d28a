/** Present: one key turns the page into what the last row can read, with keys for what one does in front of a class. */

/** @import { ClassPage, Subject } from "./main.js" */

import { h } from "../shared/dom.js";
import { showing } from "../shared/showing.js";
import { onStage } from "../shared/stage.js";
import { barButton } from "./teacher_bar.js";
import { isForPage } from "./typing.js";

const OWN = ".lg-class-bar, .lg-class button"; // what the teacher presses is not what the class is to look at
const STAGE = { width: 960, height: 540 }; // px; what is presented is laid out for this, and enlarged
const KEY = "livegan presents"; // in the tab's storage, so that a reload does not end it
const root = document.documentElement;

/** @type {Record<string, () => void>} */
const KEYS = {
  s: () => onStage()?.step(),
  "-": () => onStage()?.pace(-1),
  "+": () => onStage()?.pace(1),
  "=": () => onStage()?.pace(1),
  e: () => onStage()?.nextEpoch(),
  n: nextStep,
};

/**
 * @param {ClassPage} page
 * @returns {Subject}
 */
export function createPresent({ seat }) {
  if (seat === "student") return {};
  const toggle = barButton("Present", "Show what the last row can read (P); press P or Escape to return",
    () => present(!presenting()));
  toggle.el.classList.add("lg-present-button");
  const pointer = h("div", { class: "lg-pointer", "aria-hidden": "true" });

  /** @param {KeyboardEvent} event */
  function onKey(event) {
    if (!isForPage(event)) return;
    const { key } = event;
    const act = key === "p" ? () => present(!presenting()) : presenting() ? keyOnStage(key, event) : null;
    if (!act) return;
    event.preventDefault();
    act();
  }

  /** @param {PointerEvent} event */
  function point({ clientX, clientY, target }) {
    if (!presenting()) return;
    pointer.style.transform = `translate(${clientX}px, ${clientY}px)`;
    pointer.hidden = target instanceof Element && target.closest(OWN) !== null;
  }

  if (sessionStorage.getItem(KEY) !== null) show(true);
  document.addEventListener("keydown", onKey);
  document.addEventListener("click", letGo);
  document.addEventListener("pointermove", point, { passive: true });
  addEventListener("resize", fit);
  document.addEventListener("fullscreenchange", leftFullscreen);
  return {
    bar: [toggle.el],
    over: [pointer],
    destroy() {
      document.removeEventListener("keydown", onKey);
      document.removeEventListener("click", letGo);
      document.removeEventListener("pointermove", point);
      removeEventListener("resize", fit);
      document.removeEventListener("fullscreenchange", leftFullscreen);
    },
  };
}

export const presenting = () => root.dataset.present !== undefined;

/**
 * Turn the page into what the last row can read, or back.
 * @param {boolean} on
 */
export function present(on) {
  show(on);
  if (on) sessionStorage.setItem(KEY, "1");
  else sessionStorage.removeItem(KEY);
  if (on) leaveButton();
  // A browser that has no full screen, or refuses it, presents in its window.
  if (on) root.requestFullscreen?.().catch(() => {});
  else if (document.fullscreenElement === root) document.exitFullscreen();
}

/** @param {boolean} on */
function show(on) {
  root.toggleAttribute("data-present", on);
  fit();
}

/** How much what is laid out for the stage is enlarged: at 1920 x 1080 to twice its size. */
function fit() {
  if (!presenting()) return;
  const scale = Math.min(innerWidth / STAGE.width, innerHeight / STAGE.height);
  root.style.setProperty("--lg-stage-scale", String(scale));
  root.style.setProperty("--lg-stage-width", `${innerWidth / scale}px`);
  root.style.setProperty("--lg-stage-height", `${innerHeight / scale}px`);
}

/** A button that was pressed keeps the focus, but the space bar is for the run. */
function leaveButton() {
  const { activeElement } = document;
  if (activeElement instanceof HTMLButtonElement) activeElement.blur();
}

/** @param {MouseEvent} event by the keyboard if it has no count */
function letGo({ detail }) {
  if (presenting() && detail > 0) leaveButton();
}

/** The browser's own Escape leaves the full screen, and the page returns with it. */
function leftFullscreen() {
  if (presenting() && !document.fullscreenElement) present(false);
}

/**
 * What a key does while the page presents; null: nothing.
 * @param {string} key
 * @param {KeyboardEvent} event
 */
function keyOnStage(key, { target }) {
  if (key === "Escape") return onStage()?.replaying() ? null : () => present(false);
  if (key === " ") {
    const onButton = target instanceof Element && target.closest("button, a, summary");
    return onButton || onStage()?.replaying() ? null : () => onStage()?.toggle();
  }
  return KEYS[key] ?? null;
}

function nextStep() {
  const step = showing("step");
  const now = step?.now() ?? null;
  if (now !== null) step?.show(now + 1);
}
