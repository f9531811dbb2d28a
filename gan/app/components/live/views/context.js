/** What a view gets from the page: the run and the moment on show, the theme, and figures from the server. */

/** @import { LiveData, Settings, Snapshot } from "../../types.d.ts" */
/** @import { Theme } from "../../shared/theme.js" */
/** @import { Recording } from "../recording/history.js" */
/** @import { Figures } from "./feed.js" */

import { count } from "../../shared/format.js";
import { isSeen, onSeen } from "../../shared/seen.js";
import { addressOf, createFeed, fetchFigures } from "./feed.js";

/**
 * @typedef {{ base: string, plotly: string, classNames: LiveData["class_names"] }} Page what does not change
 * @typedef {object} Shown
 * @property {Snapshot | null} run once something of it is here
 * @property {string} name
 * @property {number | null} epoch the last one that was over at the moment on show; null: live
 * @property {Settings | null} settings of that moment
 * @property {Recording | null} recording curves and marks up to that moment
 *
 * @typedef {object} ViewContext
 * @property {Page} page
 * @property {() => Shown | null} shown
 * @property {() => Theme | null} theme
 * @property {<Header>(view: string, show: (figures: Figures<Header> | null) => void) => Follower} follow the figures
 *   of a view, of whatever the page shows, for as long as the panel is seen. `show` gets null when another run comes.
 * @property {<Header>(view: string) => Promise<Figures<Header>>} once figures of the run's newest weights, or those
 *   that depend on its data alone; fails with a sentence
 * @property {(figures: { batch: number, epoch: number }) => string} when which moment figures are about, in words
 * @property {(tab: string) => void} open opens another tab, by name
 *
 * @typedef {{ want: (parameters: string | null) => void }} Follower `want`: the view's parameters as a query ("" if it
 *   has none); null (as at the beginning): nothing is wanted
 */

/**
 * @param {Page} page
 * @param {HTMLElement} panel
 * @param {(tab: string) => void} open
 */
export function createContext(page, panel, open) {
  /** @type {Shown | null} */
  let shown = null;
  /** @type {Theme | null} */
  let theme = null;
  let seen = false;
  /** @type {{ update: (shown: Shown | null, seen: boolean) => void, close: () => void }[]} */
  const feeds = [];
  const update = () => feeds.forEach((feed) => feed.update(shown, seen && isSeen()));
  const observer = new IntersectionObserver((entries) => {
    seen = entries[entries.length - 1].isIntersecting;
    update();
  });
  observer.observe(panel);
  const end = onSeen(update);

  /** @type {ViewContext} */
  const given = {
    page,
    open,
    shown: () => shown,
    theme: () => theme,
    follow(view, show) {
      const feed = createFeed(page.base, view, show);
      feeds.push(feed);
      return {
        want(parameters) {
          feed.want(parameters);
          feed.update(shown, seen && isSeen());
        },
      };
    },
    once: (view) => fetchFigures(addressOf(page.base, view, { name: shown?.name ?? "", epoch: null }, "")),
    when({ batch, epoch }) {
      const asked = shown?.epoch ?? null;
      if (asked === null) return batch ? `now, after batch ${count(batch)}` : "now, before the first batch";
      return asked === epoch ? `after epoch ${count(epoch)}`
        : `after epoch ${count(epoch)}, the last one kept up to epoch ${count(asked)}`;
    },
  };
  return {
    given,
    /**
     * @param {Shown | null} next
     * @returns {boolean} whether it differs from what was shown before
     */
    show(next) {
      const same = next?.name === shown?.name && next?.epoch === shown?.epoch && next?.run === shown?.run;
      shown = next;
      update();
      return !same;
    },
    /** @param {Theme} next */
    applyTheme: (next) => (theme = next),
    destroy() {
      observer.disconnect();
      end();
      for (const feed of feeds) feed.close();
    },
  };
}
