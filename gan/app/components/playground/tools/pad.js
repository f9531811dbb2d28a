/** Pad: a square between four picks. The image follows the pointer; small images light up along its way and stay. */

import { h } from "../../shared/dom.js";
import { byFinger, createDrag } from "../../shared/gestures.js";
import { mixCorners } from "../engine/interpolation.js";
import { naturalInterpolation } from "../engine/latent_prior.js";
import { createLastVector } from "../state/last_vector.js";
import { letter, rounded } from "../state/state.js";
import { arrowOf, createInvitation } from "../widgets/controls.js";
import { CELLS, createPadCanvas } from "./pad_canvas.js";
import { createPadShares } from "./pad_shares.js";

/** @import { Page, PageState, Tool } from "../types.d.ts" */

const STEP = 0.02; // of the side, for an arrow key
const ANIMATION_DELAY = 12; // hundredths of a second
const HINT = byFinger ? "Drag sideways, or hold and then drag." : "Drag, or use the arrow keys.";
const CORNERS = [[0, 0], [1, 0], [0, 1], [1, 1]];

/**
 * @param {Page} page
 * @returns {Tool}
 */
export function createPad(page) {
  const { state, requestDraw } = page;
  /** @type {Set<number>} numbers of small images, in the order in which they were reached */
  const trail = new Set();
  const canvas = createPadCanvas(page, trail);
  const pointer = createPadPointer(page, canvas.el, trail);
  const shares = createPadShares(() => {
    trail.clear();
    requestDraw();
  });
  const invitation = createInvitation("The pad needs four picks, one for each corner: click samples above.",
    () => page.fillPicks(4));
  const content = h("div", { class: "lg-pad" },
    h("div", { class: "lg-pad-box" }, canvas.el, ...createCornerLetters()),
    h("div", { class: "lg-pad-side" },
      h("h3", { class: "lg-title", text: "Mixture under the pointer" }), ...shares.els,
      h("p", { class: "lg-muted lg-aside", text: HINT })));
  const lastVector = createLastVector();
  let trailOf = "";

  return {
    label: "Pad",
    sentence: "Four picks sit in the corners, and every point between them is a {interpolation|mixture} of the four. "
      + "Drag: the image follows.",
    el: h("div", {}, content, invitation),
    leave: pointer.release,
    visit(index) {
      if (index < 4) pointer.move(CORNERS[index][0], CORNERS[index][1]);
    },

    update(frame) {
      const enough = frame.vectors.length >= 4;
      content.hidden = !enough;
      invitation.hidden = enough;
      if (!enough) return;
      if (trailOf !== frame.pickIds) trail.clear();
      trailOf = frame.pickIds;
      canvas.refresh(frame);
      if (pointer.held()) trail.add(nearestCell(state));
      shares.update(state.pad, trail.size > 0);
    },

    focus({ vectors, pickIds, model }) {
      if (vectors.length < 4) return null;
      const { x, y } = state.pad;
      const { noise } = model.settings;
      const key = `${pickIds} ${model.latentDim} ${noise} ${x} ${y}`;
      const z = lastVector(key, () => mixCorners(vectors, x, y, naturalInterpolation(noise)));
      return { z, caption: `${Math.round(x * 100)} % to the right, ${Math.round(y * 100)} % down` };
    },

    drawn(pixels, model) {
      if (!content.hidden && pixels && model) canvas.draw(pixels, model.side);
    },

    savable: () => (content.hidden ? null : {
      canvases: [canvas.el],
      animation: trail.size > 1 ? canvas.animation([...trail], ANIMATION_DELAY) : null,
      vectors: [],
    }),
    destroy: canvas.destroy,
  };
}

/** The names of the picks in the corners. */
function createCornerLetters() {
  return CORNERS.map(([x, y], i) => h("span", {
    class: "lg-letter lg-pad-letter", "data-x": x, "data-y": y, "aria-hidden": "true", text: letter(i),
  }));
}

/**
 * The number of the small image that is nearest to the pointer.
 * @param {PageState} state
 */
function nearestCell({ pad }) {
  const [column, row] = [pad.x, pad.y].map((x) => Math.round(x * (CELLS - 1)));
  return row * CELLS + column;
}

/** Mixtures go from the middle of the first small image to the middle of the last. @param {number} share */
const toMixture = (share) => (share * CELLS - 0.5) / (CELLS - 1);

/** @param {number} x */
const withinPad = (x) => rounded(Math.min(1, Math.max(0, x)));

/**
 * Pointer and keys on the pad.
 * @param {Page} page
 * @param {HTMLCanvasElement} canvas
 * @param {Set<number>} trail
 */
function createPadPointer({ state, requestDraw }, canvas, trail) {
  let held = false;
  let before = { pad: state.pad, trail: [...trail] }; // when it was taken hold of

  /**
   * @param {number} x
   * @param {number} y
   */
  function move(x, y) {
    state.pad = { x: withinPad(x), y: withinPad(y) };
    requestDraw();
  }

  /**
   * @param {number} x client pixels
   * @param {number} y
   */
  function follow(x, y) {
    const box = canvas.getBoundingClientRect();
    move(toMixture((x - box.left) / box.width), toMixture((y - box.top) / box.height));
  }

  const release = () => void (held = false);
  createDrag(canvas, {
    begin(x, y) {
      held = true;
      before = { pad: state.pad, trail: [...trail] };
      follow(x, y);
    },
    move: follow,
    end: release,
    cancel() {
      release();
      state.pad = before.pad;
      trail.clear();
      before.trail.forEach((i) => trail.add(i));
      requestDraw();
    },
    tap(x, y) {
      follow(x, y);
      trail.add(nearestCell(state));
    },
  });
  canvas.addEventListener("keydown", (event) => {
    const arrow = arrowOf(event.key);
    if (!arrow) return;
    event.preventDefault();
    const by = event.shiftKey ? 5 * STEP : STEP;
    move(state.pad.x + arrow[0] * by, state.pad.y + arrow[1] * by);
    trail.add(nearestCell(state));
  });

  return { move, release, held: () => held };
}
