/** The state of the page in the browser's address, so that it survives a reload and can be shared. */

import { write } from "./link.js";

/** @import { PageState } from "../types.d.ts" */

const WAIT_MS = 500; // browsers refuse to change the address in every frame

/**
 * @param {PageState} state
 * @param {() => string | null} run the name of the run on show
 */
export function createAddress(state, run) {
  let timer = 0;
  let hash = location.hash;

  function place() {
    clearTimeout(timer);
    timer = 0;
    const url = new URL(location.href);
    const name = run();
    if (name !== null) url.searchParams.set("run", name);
    url.hash = write(state);
    hash = url.hash;
    if (url.href !== location.href) history.replaceState(history.state, "", url);
  }

  /** The user has opened another link of this page. */
  function followed() {
    if (location.hash !== hash) location.reload();
  }
  addEventListener("hashchange", followed);

  return {
    later() {
      timer ||= setTimeout(place, WAIT_MS);
    },
    /** Copies the address; returns what to say. */
    async copy() {
      place();
      try {
        await (navigator.clipboard ? navigator.clipboard.writeText(location.href) : copyOld(location.href));
        return "Copied";
      } catch {
        return "Copy it from above";
      }
    },
    end() {
      clearTimeout(timer);
      removeEventListener("hashchange", followed);
    },
  };
}

/**
 * Browsers have no clipboard for pages that came over plain HTTP from another machine.
 * @param {string} text
 */
function copyOld(text) {
  const field = document.createElement("textarea");
  field.value = text;
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  if (!done) throw new Error("refused");
}
