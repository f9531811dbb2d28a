/** Brings the term that the address names to the top of its page, and keeps it there while what is above it grows. */

import { mount } from "../shared/mount.js";

const TOUCHES = ["wheel", "touchstart", "pointerdown", "keydown"];

export default mount(createView);

/** @param {HTMLElement} parent */
function createView(parent) {
  const page = parent.closest("[data-testid=stMainBlockContainer]") ?? document.body;
  const grown = new ResizeObserver(go); // formulas come late

  function go() {
    document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView({ block: "start" });
  }

  function begin() {
    grown.disconnect();
    if (location.hash.length > 1) grown.observe(page); // which calls it once
  }

  /** From now on the reader scrolls. */
  const leave = () => grown.disconnect();

  addEventListener("hashchange", begin);
  for (const kind of TOUCHES) addEventListener(kind, leave, { passive: true, capture: true });
  begin();
  return {
    render() {},
    destroy() {
      leave();
      removeEventListener("hashchange", begin);
      for (const kind of TOUCHES) removeEventListener(kind, leave, { capture: true });
    },
  };
}
