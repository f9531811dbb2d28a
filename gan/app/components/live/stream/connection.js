/** Whether the page has lost the server: its stream has been closed for a moment, or the notice says so. */

import { GRACE, onServerNotice } from "../../shared/server_notice.js";

/** @param {() => void} changed called when it is lost or back */
export function createConnection(changed) {
  let closed = false; // the stream
  let noticed = false;
  let timer = 0;
  const end = onServerNotice((lost) => {
    noticed = lost;
    changed();
  });

  function stream(connected) {
    if (!connected) {
      timer ||= setTimeout(() => {
        closed = true;
        changed();
      }, GRACE);
      return;
    }
    reset();
    changed();
  }

  function reset() {
    clearTimeout(timer);
    timer = 0;
    closed = false;
  }

  return {
    stream,
    /** Another run, or none, is watched. */
    reset,
    lost: () => closed || noticed,
    destroy() {
      clearTimeout(timer);
      end();
    },
  };
}
