/**
 * Loads a component. Streamlit runs this script from a blob; ours are modules that import each other, so it only
 * fetches them (all at once, not one import after the other) from the route that serves this folder. That lies where
 * the page's own scripts come from: a proxy may have put a path before it of which Python knows nothing.
 */

/** @import { Component, Wiring } from "./types.d.ts" */

/**
 * Have the browser fetch a file ahead, once.
 * @param {string} rel
 * @param {string} href
 */
function fetchAhead(rel, href) {
  if ([...document.head.querySelectorAll("link")].some((link) => link.getAttribute("href") === href)) return;
  document.head.append(Object.assign(document.createElement("link"), { rel, href, as: "script" }));
}

/** @param {Component<Wiring>} component */
export default async (component) => {
  const script = document.querySelector('script[src*="static/js/"]');
  if (!(script instanceof HTMLScriptElement)) throw new Error("The page has no script of Streamlit's.");
  const base = new URL("../..", script.src).pathname.slice(0, -1);
  const { ui, modules, scripts } = component.data;
  const [main] = modules;
  // A page keeps the version that it began with: in another, the component would not know of its own view.
  const begun = document.head.querySelector(`link[rel="modulepreload"][href$="/${main}"]`)?.getAttribute("href");
  for (const path of scripts) fetchAhead("preload", `${base}/${path}`);
  if (!begun) for (const name of modules) fetchAhead("modulepreload", `${base}/${ui}/${name}`);
  const module = await import(new URL(begun ?? `${base}/${ui}/${main}`, location.origin).href);
  return module.default({ ...component, data: { ...component.data, base } });
};
