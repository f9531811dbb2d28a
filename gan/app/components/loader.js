/**
 * Loads a component. Streamlit runs this script from a blob; ours are modules that import each other, so it only
 * fetches them (all at once, not one import after the other) from the route that serves this folder. That lies where
 * the page's own scripts come from: a proxy may have put a path before it of which Python knows nothing.
 */

/** @import { Component, Wiring } from "./types.d.ts" */

/** @param {string} url */
const isAsked = (url) =>
  [...document.head.querySelectorAll("link")].some((link) => link.getAttribute("href") === url);

/** @param {Component<Wiring>} component */
export default async (component) => {
  const script = document.querySelector('script[src*="static/js/"]');
  if (!(script instanceof HTMLScriptElement)) throw new Error("The page has no script of Streamlit's.");
  const base = new URL("../..", script.src).pathname.slice(0, -1);
  const { folder, preload } = component.data;
  for (const [path, kind] of preload) {
    const url = `${base}/${path}`;
    if (isAsked(url)) continue;
    const hint = Object.assign(document.createElement("link"), { rel: kind, href: url });
    if (kind === "preload") hint.as = "script";
    document.head.append(hint);
  }
  const module = await import(new URL(`${base}/api/ui/${folder}/main.js`, location.origin).href);
  return module.default({ ...component, data: { ...component.data, base } });
};
