/** A component's place on the page: the view that is made there first stays until Streamlit takes the place away. */

const MOST = 4; // renders of a place that may still be taken back

/**
 * What a component's `main.js` exports by default; Streamlit calls it on every render.
 *
 * While this module is loading, one render may overtake another. Streamlit then takes the older one back, at times
 * after it was called last, so what it returns must not end the view of the newer one.
 * @param {(parent: HTMLElement, data: any) => {render: (component: object) => void, destroy: () => void}} createView
 */
export function mount(createView) {
  const places = new WeakMap();
  return (component) => {
    const parent = component.parentElement;
    if (!places.has(parent)) places.set(parent, { view: createView(parent, component.data), renders: [] });
    const place = places.get(parent);
    place.renders = [...place.renders.slice(1 - MOST), component];
    place.view.render(component);
    return () => {
      place.renders = place.renders.filter((each) => each !== component);
      if (places.get(parent) !== place) return;
      if (place.renders.length && parent.isConnected) {
        place.view.render(place.renders.at(-1));
        return;
      }
      places.delete(parent);
      place.view.destroy();
    };
  };
}
