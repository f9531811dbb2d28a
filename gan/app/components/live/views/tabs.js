/**
 * The row of tabs below the first screen: how good the images are, and the views that show why. A view is loaded when
 * its tab is opened for the first time.
 */

/** @import { LiveData } from "../../types.d.ts" */
/** @import { Theme } from "../../shared/theme.js" */
/** @import { ViewContext } from "./context.js" */
/** @import { Page, Shown } from "./context.js" */

import { button, h, setAttr } from "../../shared/dom.js";
import { createContext } from "./context.js";

/**
 * @typedef {{ update?: () => void, destroy: () => void }} View `update` is called when the page shows another run,
 *   epoch or theme
 * @typedef {(root: HTMLElement, context: ViewContext) => View} Mount
 * @typedef {{ name: string, label: string, load?: () => Promise<Mount> }} Tab
 */

/** @type {Tab[]} */
const TABS = [
  { name: "quality", label: "Quality" },
  { name: "game", label: "Game", load: () => import("./game/game.js").then(({ mountGame }) => mountGame) },
  { name: "inside", label: "Inside", load: () => import("./inside/inside.js").then(({ mountInside }) => mountInside) },
  { name: "step", label: "Step through",
    load: () => import("./step_through/step_through.js").then(({ mountStepThrough }) => mountStepThrough) },
];
const REMEMBERED = "livegan-view";
const PARAMETER = "view";
const LEAST_IN_SIGHT = 200; // px of a view below its tab, else the page scrolls to it
const NOT_LOADED = "This view could not be loaded; choose its tab again.";

/** The tab that the address names, or the one that was chosen last. */
function firstTab() {
  const names = [new URLSearchParams(location.search).get(PARAMETER), localStorage.getItem(REMEMBERED)];
  return TABS.find(({ name }) => names.find((each) => TABS.some((tab) => tab.name === each)) === name) ?? TABS[0];
}

/**
 * @param {HTMLElement} quality the card of the first tab
 * @param {Page} page
 */
export function createViewTabs(quality, page) {
  let current = firstTab();
  const address = keepAddress();
  const panels = TABS.map((tab) => createPanel(tab, page, open));
  panels[0].el.append(quality);
  const tabs = TABS.map((tab) => button({ class: "lg-view-tab", role: "tab", id: `lg-view-tab-${tab.name}`,
    "aria-controls": `lg-view-${tab.name}`, text: tab.label, onclick: () => choose(tab) }));
  const list = h("div", { class: "lg-view-tabs", role: "tablist", "aria-label": "Views" }, ...tabs);
  const el = h("div", { class: "lg-views" }, list, ...panels.map((panel) => panel.el));

  list.addEventListener("keydown", (event) => {
    const at = TABS.indexOf(current);
    const next = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: TABS.length - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    const index = (next + TABS.length) % TABS.length;
    choose(TABS[index]);
    tabs[index].focus();
  });

  /** @param {string} name */
  function open(name) {
    const index = TABS.findIndex((tab) => tab.name === name);
    if (index < 0) return;
    choose(TABS[index]);
    tabs[index].focus();
  }

  /** @param {Tab} tab */
  function choose(tab) {
    current = tab;
    localStorage.setItem(REMEMBERED, tab.name);
    address.choose(tab === TABS[0] ? null : tab.name);
    show();
    if (list.getBoundingClientRect().bottom > window.innerHeight - LEAST_IN_SIGHT) list.scrollIntoView();
  }

  function show() {
    TABS.forEach((tab, i) => {
      const chosen = tab === current;
      setAttr(tabs[i], "aria-selected", String(chosen));
      tabs[i].tabIndex = chosen ? 0 : -1;
      panels[i].el.hidden = !chosen;
    });
    if (!el.hidden) panels[TABS.indexOf(current)].open();
  }

  show();
  return {
    el,
    /** Opens a tab, by name. */
    open,
    /**
     * The page shows a run at a moment (null: there is none on the page).
     * @param {Shown | null} shown
     */
    show(shown) {
      el.hidden = shown === null;
      for (const panel of panels) panel.show(shown);
      if (shown) panels[TABS.indexOf(current)].open();
    },
    /** @param {Theme} theme */
    applyTheme: (theme) => panels.forEach((panel) => panel.applyTheme(theme)),
    destroy() {
      address.end();
      panels.forEach((panel) => panel.destroy());
    },
  };
}

/** Make the address name the tab that was chosen, for a link to what is on the page. */
function keepAddress() {
  const page = location.pathname;
  /** @type {string | null | undefined} */
  let chosen; // undefined: none yet, and the address stays as it was opened

  function write() {
    const url = new URL(location.href);
    if (chosen === undefined || url.pathname !== page) return;
    if (chosen === null) url.searchParams.delete(PARAMETER);
    else url.searchParams.set(PARAMETER, chosen);
    if (url.href !== location.href) history.replaceState(history.state, "", url);
  }

  // Streamlit writes the address too, from what it knows; only newer browsers tell of that.
  window.navigation?.addEventListener("currententrychange", write);
  return {
    /** @param {string | null} tab null: the first one, which needs no name */
    choose(tab) {
      chosen = tab;
      write();
    },
    end: () => window.navigation?.removeEventListener("currententrychange", write),
  };
}

/**
 * The panel of a tab, with its view once it was opened.
 * @param {Tab} tab
 * @param {Page} page
 * @param {(tab: string) => void} openTab
 */
function createPanel({ name, load }, page, openTab) {
  const el = h("div", { class: "lg-view-panel", role: "tabpanel", id: `lg-view-${name}`,
    "aria-labelledby": `lg-view-tab-${name}` });
  const context = createContext(page, el, openTab);
  /** @type {View | null} */
  let view = null;
  let state = load ? "closed" : "open";

  async function open() {
    if (!load || state !== "closed") return;
    state = "loading";
    try {
      const mount = await load();
      if (state !== "loading") return;
      const root = h("div", { class: "lg-view-root" });
      el.replaceChildren(root);
      view = mount(root, context.given);
      state = "open";
    } catch (error) {
      console.info(error);
      state = "closed";
      el.replaceChildren(h("p", { class: "lg-card lg-muted", text: NOT_LOADED }));
    }
  }

  return {
    el,
    open,
    /** @param {Shown | null} shown */
    show: (shown) => context.show(shown) && view?.update?.(),
    /** @param {Theme} theme */
    applyTheme(theme) {
      context.applyTheme(theme);
      view?.update?.();
    },
    destroy() {
      state = "destroyed";
      view?.destroy();
      context.destroy();
    },
  };
}
