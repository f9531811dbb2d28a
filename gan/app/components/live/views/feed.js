/**
 * Figures of a view from the server: pushed by a socket while the page shows a run live, and fetched for an epoch. Of
 * several epochs that are asked for in a row, as in a replay, those are left out that nobody waits for any more.
 */

/** @import { Shown } from "./context.js" */
/** @import { Numbers } from "../../shared/frames.js" */

import { connect } from "../../shared/socket.js";
import { decode } from "../../shared/frames.js";

const NONE_KEPT = "Weights are kept from the end of the first epoch on.";

/**
 * @template Header
 * @typedef {object} Figures
 * @property {Header & FiguresHeader} header
 * @property {Record<string, Numbers>} numbers arrays by name
 * @property {Record<string, Blob>} pictures PNGs by name
 */

/**
 * @typedef {{ type: "view" | "gone", batch: number, epoch: number, missing?: string }} FiguresHeader `missing`: why
 *   there are no figures
 */

/**
 * @template Header
 * @param {string} base
 * @param {string} view
 * @param {(figures: Figures<Header> | null) => void} show
 */
export function createFeed(base, view, show) {
  /** @type {string | null} */
  let parameters = null;
  let address = ""; // of what is followed
  let run = "";
  /** @type {{ close: () => void, next?: (url: string) => void } | null} */
  let source = null;

  function close() {
    source?.close();
    source = null;
    address = "";
  }

  /** @param {ArrayBuffer} buffer */
  function take(buffer) {
    /** @type {Figures<Header>} */
    const figures = decode(buffer);
    if (figures.header.type === "view") show(figures);
  }

  /**
   * @param {string} next
   * @param {boolean} live
   */
  function turnTo(next, live) {
    if (next === NONE_KEPT) {
      close();
      show(refused(next));
    } else if (!live && source?.next) source.next(next); // another epoch follows the one that is under way
    else {
      close();
      source = live ? connect(next, { message: (data) => typeof data !== "string" && take(data), status() {} })
        : fetchLatest(next, take, (missing) => show(refused(missing)));
    }
    address = next;
  }

  return {
    /** @param {string | null} next */
    want: (next) => (parameters = next),
    /**
     * @param {Shown | null} shown what the page shows
     * @param {boolean} seen whether anybody sees the view
     */
    update(shown, seen) {
      if (shown && shown.name !== run) {
        run = shown.name;
        close();
        show(null);
      }
      if (!shown?.run || !seen || parameters === null) return close();
      const next = shown.epoch === 0 ? NONE_KEPT : addressOf(base, view, shown, parameters);
      if (next !== address) turnTo(next, shown.epoch === null);
    },
    close,
  };
}

/**
 * @param {string} base
 * @param {string} view
 * @param {{ name: string, epoch: number | null }} shown
 * @param {string} parameters a query
 */
export function addressOf(base, view, { name, epoch }, parameters) {
  const query = [parameters, epoch === null ? "" : `epoch=${epoch}`].filter(Boolean).join("&");
  return `${base}/api/runs/${encodeURIComponent(name)}/views/${view}${query ? `?${query}` : ""}`;
}

/**
 * @template Header
 * @param {string} missing
 * @returns {Figures<Header>}
 */
function refused(missing) {
  const header = /** @type {Header & FiguresHeader} */ ({ type: "view", batch: 0, epoch: 0, missing });
  return { header, numbers: {}, pictures: {} };
}

/**
 * @template Header
 * @param {string} address
 * @returns {Promise<Figures<Header>>}
 */
export async function fetchFigures(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error((await answer.json()).error);
  return decode(await answer.arrayBuffer());
}

/**
 * Fetch one address after the other, always the one that was asked for last.
 * @param {string} first
 * @param {(buffer: ArrayBuffer) => void} take
 * @param {(sentence: string) => void} refuse
 */
function fetchLatest(first, take, refuse) {
  /** @type {string | null} */
  let wanted = first;
  let busy = false;
  let closed = false;

  async function work() {
    busy = true;
    while (wanted !== null && !closed) {
      const url = wanted;
      wanted = null;
      try {
        const answer = await fetch(url);
        const content = await (answer.ok ? answer.arrayBuffer() : answer.json());
        if (closed) break;
        if (answer.ok) take(content);
        else refuse(content.error);
      } catch { // the server is lost, which the page says; it is asked again with the next epoch
      }
    }
    busy = false;
  }

  work();
  return {
    /** @param {string} url */
    next(url) {
      wanted = url;
      if (!busy) work();
    },
    close: () => (closed = true),
  };
}
