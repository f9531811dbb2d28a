/** Plotly, loaded once a page from our own server. */

let loading = null;

/**
 * @param {string} url of plotly.min.js
 * @returns {Promise<any>} the Plotly object
 */
export function loadPlotly(url) {
  loading ??= new Promise((resolve, reject) => {
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
  return loading;
}
