/** A WebSocket that reconnects by itself, waiting a little longer after each failure. */

const FIRST_WAIT = 250;
const LONGEST_WAIT = 5000;
const SENT_AWAY = 1008; // the server's code for a page whose student was removed, or whose teacher's session has ended

/**
 * End a connection for good; one that is still being made as soon as it is, since a browser complains otherwise.
 * @param {WebSocket} socket
 */
function hangUp(socket) {
  socket.onmessage = socket.onclose = null;
  socket.onopen = () => socket.close();
  if (socket.readyState !== WebSocket.CONNECTING) socket.close();
}

/**
 * @param {string} path of this server, starting with a slash
 * @param {{ message: (data: string | ArrayBuffer) => void, status: (connected: boolean) => void }} on
 * @returns {{ restart: () => void, close: () => void }} `restart` drops the connection and makes a new one at once
 */
export function connect(path, on) {
  const url = new URL(path, location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  /** @type {WebSocket | null} */
  let socket = null;
  let timer = 0;
  let wait = FIRST_WAIT;

  function open() {
    clearTimeout(timer);
    socket = new WebSocket(url);
    socket.binaryType = "arraybuffer";
    socket.onmessage = (event) => {
      wait = FIRST_WAIT;
      on.message(event.data);
    };
    socket.onopen = () => on.status(true);
    socket.onclose = ({ code }) => {
      on.status(false);
      if (code === SENT_AWAY) return location.reload(); // to the page on which one joins, which says why
      timer = setTimeout(open, wait);
      wait = Math.min(LONGEST_WAIT, wait * 2);
    };
  }

  function drop() {
    clearTimeout(timer);
    if (!socket) return;
    hangUp(socket);
    socket = null;
  }

  open();
  return {
    restart() {
      drop();
      open();
    },
    close: drop,
  };
}
