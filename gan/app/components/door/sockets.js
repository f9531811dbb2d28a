/**
 * Says why the page stays empty while no WebSocket gets through to the server, as behind a proxy that is not set up for
 * them. Streamlit draws nothing then, so this is a script of its own in the page's document.
 */
{
  const LOOK_MS = 6000;
  const script = /** @type {HTMLScriptElement} */ (document.currentScript);
  const api = new URL("../../", script.src);
  const BLOCKED =
    "No WebSocket gets through to LiveGAN: the proxy in front of it must pass the Upgrade header on (nginx: " +
    "proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $http_connection;).";
  const FULL = "The server is full; this page tries again every few seconds.";

  const isConnected = () => document.querySelector('[data-test-connection-state="CONNECTED"]') !== null;

  /**
   * @param {URL} url
   * @returns {Promise<boolean>}
   */
  function opens(url) {
    return new Promise((resolve) => {
      const socket = new WebSocket(url);
      socket.onopen = () => {
        socket.close();
        resolve(true);
      };
      socket.onerror = () => resolve(false);
    });
  }

  /** Whether the teacher has removed whoever looks, or closed the class. */
  async function mustJoin() {
    const answer = await fetch(new URL("class/me", api));
    return answer.ok && (await answer.json()).role === "stranger";
  }

  /** One sentence, or null if nothing is wrong with the way to the server. */
  async function reason() {
    // A browser names the page's origin here, as it does with a WebSocket; the server says what is wrong with it.
    const answer = await fetch(new URL("health", api), { method: "OPTIONS" });
    if (answer.status === 403) return (await answer.json()).error;
    const socket = new URL("runs/live", api);
    socket.protocol = socket.protocol.replace("http", "ws");
    if (await opens(socket)) return null;
    const page = await fetch(new URL("..", api), { headers: { Accept: "text/html" } });
    return page.status === 503 ? FULL : BLOCKED;
  }

  const notice = document.createElement("div");
  notice.setAttribute("role", "alert");
  notice.style.cssText =
    "position: fixed; inset: 4rem 1rem auto; z-index: 1000000; max-width: 44rem; margin: 0 auto;" +
    "padding: 1rem 1.25rem; border-radius: 8px; border: 1px solid #b45309; background: #fffbeb; color: #1c1f26;" +
    "font: 1rem/1.5 sans-serif;" +
    "overflow-wrap: anywhere";

  /** The connection is lost, or was never made. */
  async function explain() {
    if (await mustJoin().catch(() => false)) location.reload(); // to the page on which one joins
    notice.textContent = (await reason().catch(() => null)) ?? "";
    if (notice.textContent && !isConnected()) document.body.append(notice);
    else notice.remove();
  }

  async function look() {
    if (isConnected()) notice.remove();
    else await explain();
    setTimeout(look, LOOK_MS); // also while all is well: a student may be removed at any time
  }
  setTimeout(look, LOOK_MS);
}
