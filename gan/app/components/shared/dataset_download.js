/** Asks before a data set is downloaded, and shows how far that is. */

/** @import { DatasetStatus } from "../types.d.ts" */

import { button, h, setText } from "./dom.js";
import { TEXT as SILENCE } from "./server_notice.js";

const LOOK = 400; // ms from one look at the download to the next

/** @typedef {{ state: DatasetStatus["state"] | "lost", share: number, sentence: string }} Progress */

/**
 * @param {string} base the server's base path
 * @param {string} dataset "fashion" or "kmnist"
 * @param {string} then what happens when it is here, for example "Then the run starts."
 * @returns {Promise<boolean>} whether it is here now; false if the user did not want it
 */
export async function offerDownload(base, dataset, then) {
  const address = `${base}/api/datasets/${dataset}`;
  /** @returns {Promise<DatasetStatus>} */
  const look = () => fetch(address).then((answer) => answer.json());
  const about = await look().catch(() => null);
  if (!about?.cost) return false;

  const dialog = createDialog(about.title, about.cost, then, { download, leave });
  const host = document.querySelector(".lg-live, .lg-runs-table") ?? document.body;
  host.append(dialog.el);
  dialog.el.showModal();
  let wanted = true;
  let mine = false; // the download under way was begun here
  let under = about.state === "downloading"; // another page may have begun it
  /** @type {(here: boolean) => void} */
  let settle = () => {};
  /** @type {Promise<boolean>} */
  const settled = new Promise((resolve) => (settle = resolve));

  async function download() {
    mine = true;
    dialog.show({ state: "downloading", share: 0, sentence: "Connecting." });
    await fetch(`${address}/download`, { method: "POST" }).catch(() => {});
    under = true;
  }

  function leave() {
    wanted = false;
    if (mine) fetch(`${address}/download`, { method: "DELETE" }).catch(() => {});
    settle(false);
  }

  async function follow() {
    while (wanted) {
      /** @type {Progress | null} */
      const now = under ? await look().catch(() => ({ state: "lost", share: 0, sentence: SILENCE })) : null;
      if (now?.state === "there") break;
      if (now?.state === "failed") mine = under = false;
      if (now) dialog.show(now);
      await new Promise((wake) => setTimeout(wake, LOOK));
    }
    settle(wanted);
  }

  follow();
  const here = await settled;
  dialog.el.close();
  dialog.el.remove();
  return here;
}

/**
 * @param {string} title of the data set
 * @param {string} cost of its download, in words
 * @param {string} then what happens when it is here
 * @param {{ download: () => void, leave: () => void }} on
 */
function createDialog(title, cost, then, { download, leave }) {
  const words = h("p", { id: "lg-download-text", text: `It has to be downloaded first: ${cost}. ${then}` });
  const bar = h("progress", { class: "lg-download-bar", max: 1, value: 0, "aria-label": `Download of ${title}` });
  const told = h("p", { class: "lg-muted", role: "status" });
  const wrong = h("p", { class: "lg-download-wrong", role: "alert" });
  const yes = button({ class: "lg-button lg-primary", text: "Download", onclick: download });
  const no = button({ class: "lg-button", text: "Not now", onclick: leave });
  const name = h("h2", { class: "lg-title", id: "lg-download-title", text: `${title} is not on this computer` });
  const el = h("dialog", {
    class: "lg-download", "aria-labelledby": name.id, "aria-describedby": words.id, oncancel: leave,
  }, name, words, bar, told, wrong, h("div", { class: "lg-download-acts" }, yes, no));
  bar.hidden = told.hidden = true;
  return {
    el,
    /** @param {Progress} progress */
    show({ state, share, sentence }) {
      const failed = state === "failed";
      bar.hidden = told.hidden = failed;
      yes.hidden = !failed;
      setText(yes, "Try again");
      setText(no, failed ? "Not now" : "Cancel");
      bar.value = share;
      setText(told, failed ? "" : sentence);
      setText(wrong, failed ? sentence : "");
    },
  };
}
