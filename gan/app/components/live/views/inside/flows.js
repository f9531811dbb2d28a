/** The arrows of the overview, drawn between the boxes wherever the page has put them. */

/** @import { PartName } from "./game_parts.js" */

import { setAttr } from "../../../shared/dom.js";
import { arrow } from "./arrows.js";
import { FLOWS } from "./game_parts.js";
import { svg } from "../../../shared/svg.js";

const NARROW = 700; // pixels below which the parts stand below one another, as in overview.css

/** @param {Record<PartName, HTMLElement>} boxes */
export function createFlows(boxes) {
  const paths = FLOWS.map(({ learns }) => svg("path", {
    class: learns ? `lg-flow lg-flow-update lg-tone-${learns}` : "lg-flow", "data-side": learns || null,
    "marker-end": `url(#lg-tip${learns})`,
  }));
  const el = svg("svg", { class: "lg-flows", "aria-hidden": "true" }, svg("defs", {}, ...tips()), ...paths);
  return {
    el,
    /** Draw them anew: the boxes have moved. */
    draw() {
      const { width, height } = el.getBoundingClientRect();
      if (!width) return;
      setAttr(el, "viewBox", `0 0 ${width} ${height}`);
      const edges = width < NARROW ? "narrow" : "wide";
      FLOWS.forEach((flow, i) => {
        setAttr(paths[i], "d", arrow(boxOf(boxes[flow.from]), boxOf(boxes[flow.to]), flow[edges]));
      });
    },
  };
}

/** The heads of the arrows, one for each colour. */
function tips() {
  return ["", "g", "d"].map((side) => svg("marker", {
    id: `lg-tip${side}`, viewBox: "0 0 8 8", refX: 2, refY: 4, markerWidth: 8, markerHeight: 8,
    markerUnits: "userSpaceOnUse", orient: "auto",
  }, svg("path", { d: "M0 0L8 4L0 8Z", class: `lg-flow-tip ${side ? `lg-tone-${side}` : ""}` })));
}

/**
 * Where a part stands in the drawing.
 * @param {HTMLElement} el
 */
const boxOf = (el) => ({ x: el.offsetLeft, y: el.offsetTop, width: el.offsetWidth, height: el.offsetHeight });
