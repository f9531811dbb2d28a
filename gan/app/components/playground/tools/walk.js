/** Walk: from pick to pick, straight and round side by side, as a strip, by hand or in a loop. */

import { button, h, setAttr, setText } from "../../shared/dom.js";
import { createInvitation, createPlay, createRange, createSwitch } from "../widgets/controls.js";
import { row, stack } from "../engine/latent.js";
import { createNormChart } from "./normChart.js";
import { createImageQueue } from "../engine/imageQueue.js";
import { SPEEDS, STEPS, rounded } from "../state/state.js";
import { createImageStrip } from "../widgets/imageStrip.js";
import { legs, station, stations, pathPoint, pathSteps, words } from "./latentPath.js";

const LEG_MS = 2000; // from one pick to the next at speed 1
const FINE = 1000; // positions of the scrubber
const KINDS = [["linear", "Linear", "the straight line"], ["spherical", "Spherical", "along the sphere"]];

/** @param {object} page what all parts of the page share, see main.js */
export function createWalk(page) {
  const { state, touch } = page;
  const { walk } = state;
  const queue = createImageQueue(page.engine, page.say);
  const play = createPlay(() => (playing ? stop() : start()));
  const scrubber = createRange("Position", { min: 0, max: FINE }, (x) => words(state.picks.length, x / FINE, walk.closed), (x) => {
    stop();
    walk.t = x / FINE;
    touch();
  });
  const ticks = h("div", { class: "lg-ticks", "aria-hidden": "true" });
  const steps = createRange("Steps", { min: STEPS.low, max: STEPS.high }, String, (n) => {
    walk.steps = n;
    touch();
  });
  const speed = createRange("Speed", { min: 0, max: SPEEDS.length - 1 }, (i) => `${SPEEDS[i]} ×`, (i) => {
    walk.speed = SPEEDS[i];
    touch();
  });
  const closed = createSwitch("Closed tour", "Go back from the last pick to the first", (on) => {
    walk.closed = on;
    touch();
  });
  const lengths = createNormChart();
  const strips = KINDS.map(([kind, name, text]) => createLane(kind, name, text));
  const invitation = createInvitation("A walk needs two picks: click two samples above.", () => page.fill(2));
  const content = h("div", { class: "lg-walk" },
    h("div", { class: "lg-scrub" }, play.el, h("div", { class: "lg-scrub-way" }, scrubber.input, ticks)),
    h("div", { class: "lg-tool-line" }, steps.el, speed.el, closed.el),
    ...strips.map((strip) => strip.el), lengths.el);
  scrubber.input.classList.add("lg-scrubber");
  let playing = false;
  let backwards = false;
  let last = 0;
  let drawn = "";
  let frames = null; // what the strips show: {steps, vectors: by kind, pixels: by kind}
  let spot = { key: "", z: null };

  function createLane(kind, name, text) {
    const strip = createImageStrip(`${name} walk`, (index) => {
      stop();
      Object.assign(walk, { kind, t: rounded(index / (walk.steps - 1)) });
      touch();
    });
    const title = button({ class: "lg-lane-title", onclick: () => ((walk.kind = kind), touch()) },
      h("i", { class: `lg-lane-line lg-lane-${kind}` }), h("b", { text: name }), h("span", { class: "lg-muted", text }));
    return { kind, strip, title, el: h("div", { class: "lg-lane" }, title, strip.el) };
  }

  function start() {
    if (!walk.closed && walk.t >= 1) walk.t = 0;
    playing = true;
    backwards = false;
    last = performance.now();
    touch();
  }

  function stop() {
    if (!playing) return;
    playing = false;
    walk.t = rounded(walk.t);
    touch();
  }

  /** Closed: round and round. Open: there and back. */
  function advance() {
    const now = performance.now();
    const by = ((now - last) / LEG_MS / legs(state.picks.length, walk.closed)) * walk.speed;
    last = now;
    let t = walk.t + (backwards ? -by : by);
    if (walk.closed) t %= 1;
    else if (t > 1 || t < 0) {
      backwards = t > 1;
      t = Math.min(1, Math.max(0, t > 1 ? 2 - t : -t));
    }
    walk.t = t;
    touch();
  }

  function drawStrips({ model, key, dropout, vectors, names }) {
    const wanted = `${key} ${names} ${walk.steps} ${walk.closed}`;
    if (wanted === drawn) return;
    drawn = wanted;
    const n = walk.steps;
    const [linear, spherical] = KINDS.map(([kind]) => pathSteps(vectors, n, kind, walk.closed));
    const fine = KINDS.map(([kind]) => pathSteps(vectors, 65, kind, walk.closed));
    lengths.show(...fine, 65, model);
    const lettered = stations(vectors.length, walk.closed).map(({ t, text }) => ({ index: Math.round(t * (n - 1)), text }));
    queue.ask(model, stack([linear, spherical]), { dropout, opinions: false }, ({ pixels }) => {
      const half = pixels.length / 2;
      frames = { steps: n, side: model.side, vectors: { linear, spherical },
        linear: pixels.subarray(0, half), spherical: pixels.subarray(half) };
      for (const { kind, strip } of strips) {
        strip.show(frames[kind], n, model.side, lettered);
        strip.label(`${n} images of the ${kind} way from ${lettered[0].text} to ${lettered.at(-1).text}`);
      }
      mark();
    });
  }

  function mark() {
    const index = Math.round(walk.t * (walk.steps - 1));
    for (const { kind, strip, title } of strips) {
      strip.mark(kind === walk.kind ? index : null);
      setAttr(title, "aria-pressed", kind === walk.kind ? "true" : "false");
    }
  }

  function drawTicks() {
    const marks = stations(state.picks.length, walk.closed);
    while (ticks.children.length > marks.length) ticks.lastChild.remove();
    marks.forEach(({ t, text }, i) => {
      const el = ticks.children[i] ?? ticks.appendChild(h("span"));
      setText(el, text);
      el.style.left = `${t * 100}%`;
    });
  }

  return {
    label: "Walk",
    sentence: "Between any two images lie countless others. Each one here is made from a z a little farther along the way.",
    el: h("div", {}, content, invitation),
    leave: stop,
    visit(index) {
      stop();
      walk.t = rounded(stations(state.picks.length, walk.closed)[index]?.t ?? 0);
    },

    update(now) {
      const enough = state.picks.length >= 2;
      content.hidden = !enough;
      invitation.hidden = enough;
      if (!enough) return stop();
      if (playing) advance();
      play.set(playing);
      scrubber.set(Math.round(walk.t * FINE));
      steps.set(walk.steps);
      speed.set(SPEEDS.indexOf(walk.speed));
      closed.set(walk.closed);
      drawTicks();
      drawStrips(now);
      lengths.at(walk.t);
      mark();
    },

    focus({ vectors, names, model }) {
      if (vectors.length < 2) return null;
      const caption = `${words(vectors.length, walk.t, walk.closed)}, ${walk.kind}`;
      const here = station(vectors.length, walk.t, walk.closed);
      if (here !== null) return { z: vectors[here], words: caption, point: state.picks[here] };
      const key = `${names} ${model.latentDim} ${walk.t} ${walk.kind} ${walk.closed}`;
      if (spot.key !== key) spot = { key, z: pathPoint(vectors, walk.t, walk.kind, walk.closed) };
      return { z: spot.z, words: caption };
    },

    /** What can be saved: the strips as one picture, the steps as a film and as numbers. */
    saved() {
      if (!frames) return null;
      const { steps: n, vectors, side } = frames;
      const flat = vectors[walk.kind];
      const d = flat.length / n;
      const lasts = (LEG_MS * legs(state.picks.length, walk.closed)) / walk.speed; // ms for the whole way
      return {
        canvases: strips.map(({ strip }) => strip.canvas),
        film: { pixels: frames[walk.kind], count: n, side, delay: Math.max(2, Math.round(lasts / n / 10)) },
        vectors: Array.from({ length: n }, (_, i) => ({ name: `step ${i + 1}`, z: row(flat, i, d) })),
      };
    },
    destroy() {
      stop();
      for (const { strip } of strips) strip.destroy();
    },
  };
}
