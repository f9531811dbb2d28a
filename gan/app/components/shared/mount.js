/** A component's place on the page: the view that is made there first stays until Streamlit takes the place away. */

/** @import { Component } from "../types.d.ts" */
/** @template Props @typedef {{ render: (component: Props) => void, destroy: () => void }} View */

const MOST = 4; // renders of a place that may still be taken back

/**
 * What a component's `main.js` exports by default; Streamlit calls it on every render.
 *
 * While this module is loading, one render may overtake another. Streamlit then takes the older one back, at times
 * after it was called last, so what it returns must not end the view of the newer one.
 * @template Data
 * @template Triggers
 * @param {(parent: HTMLElement, data: Data) => View<Component<Data, Triggers>>} createView
 * @returns {(component: Component<Data, Triggers>) => () => void}
 */
export function mount(createView) {
  /** @type {WeakMap<HTMLElement, { view: View<Component<Data, Triggers>>, renders: Component<Data, Triggers>[] }>} */
  const places = new WeakMap();
  return (component) => {
    const parent = component.parentElement;
    const place = places.get(parent) ?? { view: createView(parent, component.data), renders: [] };
    places.set(parent, place);
    place.renders = [...place.renders.slice(1 - MOST), component];
    place.view.render(component);
    return () => {
      place.renders = place.renders.filter((each) => each !== component);
      if (places.get(parent) !== place) return;
      const newest = place.renders.at(-1);
      if (newest && parent.isConnected) return place.view.render(newest);
      places.delete(parent);
      place.view.destroy();
    };
  };
}
