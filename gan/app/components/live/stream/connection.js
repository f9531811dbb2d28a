/** Whether the page has lost the server: its stream has been closed for a moment, or the server notice says so. */

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

  function reset() {
    clearTimeout(timer);
    timer = 0;
    closed = false;
  }

  return {
    /**
     * The stream is open, or not.
     * @param {boolean} connected
     */
    stream(connected) {
      if (connected) {
        reset();
        changed();
        return;
      }
      timer ||= setTimeout(() => {
        closed = true;
        changed();
      }, GRACE);
    },
    /** Another run, or none, is watched. */
    reset,
    lost: () => closed || noticed,
    destroy() {
      clearTimeout(timer);
      end();
    },
  };
}
