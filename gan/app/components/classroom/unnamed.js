/**
 * A desk's run that the class is shown without its name: until another run is shown, nothing on the page says whose it
 * is, whether it presents or not.
 */

const KEY = "livegan unnamed"; // in the tab's storage, so that a reload tells nobody
const root = document.documentElement;

/** The run; it has been on the page since it was to be. @type {{ run: string, shown: boolean } | null} */
let hidden = kept();
root.toggleAttribute("data-unnamed", hidden !== null);

function kept() {
  const run = sessionStorage.getItem(KEY);
  return run === null ? null : { run, shown: true };
}

/** @param {string | null} run that is shown without its name from now on */
export function hideName(run) {
  if (run === (hidden?.run ?? null)) return;
  hidden = run === null ? null : { run, shown: false };
  root.toggleAttribute("data-unnamed", hidden !== null);
  if (run === null) sessionStorage.removeItem(KEY);
  else sessionStorage.setItem(KEY, run);
}

/** Another run has its name again: look at what the page shows now. */
export function lookAtName() {
  if (!hidden) return;
  if (new URLSearchParams(location.search).get("run") === hidden.run) hidden.shown = true;
  else if (hidden.shown) hideName(null);
}

export const isUnnamed = () => hidden !== null;
