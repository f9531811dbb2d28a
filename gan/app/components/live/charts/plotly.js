/** Plotly, loaded once a page from our own server. */

let loading = null;

/**
 * Its evaluation blocks the page, for a quarter of a second on a slow computer: first the browser may paint what is there.
 * @param {string} url of Plotly's bundle
 * @returns {Promise<any>} the Plotly object
 */
export function loadPlotly(url) {
  loading ??= painted().then(() => evaluated(url));
  return loading;
}

const painted = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));

function evaluated(url) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = url;
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => {
      loading = null;
      script.remove();
      reject(new Error("The chart library could not be loaded."));
    };
    document.head.append(script);
  });
}
