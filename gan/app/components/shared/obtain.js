/** Asks before a data set is downloaded, and shows how far that is. */

import { button, h, setText } from "./dom.js";
import { TEXT as SILENCE } from "./server_notice.js";

const LOOK = 400; // ms from one look at the download to the next

/**
 * @param {string} base the server's base path
 * @param {string} dataset "fashion" or "kmnist"
 * @param {string} then what happens when it is here, for example "Then the run starts."
 * @returns {Promise<boolean>} whether it is here now; false if somebody did not want it
 */
export async function obtain(base, dataset, then) {
  const address = `${base}/api/datasets/${dataset}`;
  const look = () => fetch(address).then((answer) => answer.json());
  const about = await look().catch(() => null);
  if (!about?.cost) return false;
  const dialog = createDialog(about, then);
  const host = document.querySelector(".lg-live, .lg-runs-table") ?? document.body;
  host.append(dialog.el);
  dialog.el.showModal();
  let wanted = true;
  let mine = false; // the download that goes on was begun here
  let under = about.state === "downloading"; // somebody else may have begun it

  async function download() {
    mine = true;
    dialog.show({ state: "downloading", share: 0, sentence: "Connecting." });
    await fetch(`${address}/download`, { method: "POST" }).catch(() => {});
    under = true;
  }

  const here = new Promise((resolve) => {
    const leave = () => {
      wanted = false;
      if (mine) fetch(`${address}/download`, { method: "DELETE" }).catch(() => {});
      resolve(false);
    };
    dialog.el.addEventListener("cancel", leave);
    dialog.on(download, leave);
    (async () => {
      while (wanted) {
        const now = under ? await look().catch(() => ({ state: "lost", share: 0, sentence: SILENCE })) : null;
        if (now?.state === "there") break;
        if (now?.state === "failed") mine = under = false;
        if (now) dialog.show(now);
        await new Promise((wake) => setTimeout(wake, LOOK));
      }
      resolve(wanted);
    })();
  });
  const got = await here;
  dialog.el.close();
  dialog.el.remove();
  return got;
}

function createDialog({ title, cost }, then) {
  const words = h("p", { id: "lg-obtain-words", text: `It has to be downloaded first: ${cost}. ${then}` });
  const bar = h("progress", { class: "lg-obtain-bar", max: 1, value: 0, "aria-label": `Download of ${title}` });
  const told = h("p", { class: "lg-muted", role: "status" });
  const wrong = h("p", { class: "lg-obtain-wrong", role: "alert" });
  let act = {};
  const yes = button({ class: "lg-button lg-primary", text: "Download", onclick: () => act.download() });
  const no = button({ class: "lg-button", text: "Not now", onclick: () => act.leave() });
  const el = h("dialog", { class: "lg-obtain", "aria-labelledby": "lg-obtain-title", "aria-describedby": "lg-obtain-words" },
    h("h2", { class: "lg-title", id: "lg-obtain-title", text: `${title} is not on this computer` }), words, bar, told, wrong,
    h("div", { class: "lg-obtain-acts" }, yes, no));
  bar.hidden = told.hidden = true;
  return {
    el,
    on: (download, leave) => (act = { download, leave }),
    show({ state, share, sentence: said }) {
      const failed = state === "failed";
      bar.hidden = told.hidden = failed;
      yes.hidden = !failed;
      setText(yes, "Try again");
      setText(no, failed ? "Not now" : "Cancel");
      bar.value = share;
      setText(told, failed ? "" : said);
      setText(wrong, failed ? said : "");
    },
  };
}
