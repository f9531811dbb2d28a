/**
 * The tab "Inside": the whole game in one drawing, then both networks, their units, and how their gradients are.
 *
 * The drawing comes first: it names the parts that all the others look into, and it leads to them.
 */

/** @import { Follower, ViewContext } from "../context.js" */
/** @import { Settings } from "../../../types.d.ts" */
/** @import { Figures } from "../feed.js" */
/** @import { PartName } from "./game_parts.js" */
/** @import { Choice, UnitArrays, Units } from "./units.js" */
/** @import { Game, Play } from "./overview.js" */
/** @import { Health } from "./health.js" */

import { h, setText } from "../../../shared/dom.js";
import { count } from "../../../shared/format.js";
import { PARTS, partsOfKnob } from "./game_parts.js";
import { createHealth } from "./health.js";
import { createNetworks } from "./networks.js";
import { createOverview } from "./overview.js";
import { createUnits } from "./units.js";

const WINDOW = 100; // batches that the losses and accuracies in the drawing are averaged over
const KNOB = "[data-knob], .lg-ratio";

/**
 * @param {HTMLElement} root
 * @param {ViewContext} context
 */
export function mountInside(root, context) {
  const overview = createOverview(open);
  const networks = createNetworks();
  const units = createUnits((choice) => unitFeed.want(asQuery(choice)));
  const health = createHealth();
  const missing = h("p", { class: "lg-card lg-view-missing", hidden: true });
  root.append(h("div", { class: "lg-inside" }, overview.el, missing, networks.el, units.el, health.el));
  const gameFeed = followSeen(context.follow("overview", showGame), overview.el);
  const unitFeed = followSeen(context.follow("units", showUnits), units.el);
  const healthFeed = followSeen(context.follow("health", showHealth), health.el);
  gameFeed.want("");
  unitFeed.want(asQuery(units.choice()));
  healthFeed.want("");

  /** @param {Figures<Game & { missing?: string }> | null} figures */
  function showGame(figures) {
    const reason = figures?.header.missing;
    setText(missing, reason ?? "");
    missing.hidden = !reason;
    for (const el of [networks.el, units.el]) el.hidden = Boolean(reason);
    if (!figures || reason) return;
    overview.showGame(/** @type {Game} */ ({ ...figures.header, ...figures.numbers }), loss());
    networks.show(figures.header.layers);
  }

  /** @param {Figures<Units & { missing?: string }> | null} figures */
  function showUnits(figures) {
    if (!figures) return units.clear();
    if (figures.header.missing) return units.refuse(figures.header.missing);
    units.show(/** @type {Units & UnitArrays} */ (/** @type {unknown} */ ({ ...figures.header, ...figures.numbers })));
  }

  /** @param {Figures<Health> | null} figures */
  function showHealth(figures) {
    if (figures) health.show(figures.header, figures.numbers);
    else health.clear();
  }

  const loss = () => context.shown()?.settings?.loss ?? "non-saturating";

  function update() {
    const play = playOf(context);
    if (play) overview.showPlay(play);
  }

  /** @param {string} leads */
  function open(leads) {
    const card = { networks: networks.el, health: health.el }[leads];
    if (card) card.scrollIntoView({ block: "start", behavior: "smooth" });
    else context.open(leads);
  }

  const endPointing = followKnobs(root, overview.light, () => context.shown()?.settings ?? null);
  update();
  return {
    update,
    destroy() {
      endPointing();
      for (const feed of [gameFeed, unitFeed, healthFeed]) feed.end();
      overview.destroy();
      health.destroy();
    },
  };
}

/** @param {Choice} choice */
const asQuery = ({ side, image, real, layer, first, unit }) =>
  `side=${side}&image=${image}&real=${Number(real)}${layer === null ? "" : `&layer=${layer}`}`
  + `${first ? `&first=${first}` : ""}${unit === null ? "" : `&unit=${unit}`}`;

/**
 * Follow figures only while their card is in view: each of them costs the server some time.
 * @param {Follower} follower
 * @param {HTMLElement} el
 */
function followSeen(follower, el) {
  /** @type {string | null} */
  let wanted = null;
  let seen = false;
  const update = () => follower.want(seen ? wanted : null);
  const observer = new IntersectionObserver((entries) => {
    seen = entries[entries.length - 1].isIntersecting;
    update();
  }, { rootMargin: "200px" });
  observer.observe(el);
  return {
    /** @param {string} parameters */
    want(parameters) {
      wanted = parameters;
      update();
    },
    end: () => observer.disconnect(),
  };
}

/**
 * What the drawing says of the moment that the page shows.
 * @param {ViewContext} context
 * @returns {Play | null}
 */
function playOf(context) {
  const shown = context.shown();
  const { run, recording, settings, epoch } = shown ?? {};
  if (!run || !recording || !settings) return null;
  const until = typeof epoch === "number" ? Math.max(1, epoch * run.batches_per_epoch) : undefined;
  const columns = recording.series.averages(WINDOW, until); // of a replay, which knows itself how far it has come, all
  const last = columns.x.length - 1;
  const averages = last < 0 ? null : {
    d_loss: columns.d_loss[last], g_loss: columns.g_loss[last], d_real_acc: columns.d_real_acc[last],
    d_fake_acc: columns.d_fake_acc[last],
  };
  const batch = last < 0 ? 0 : columns.x[last];
  const moment = epoch === null || epoch === undefined ? "now, after batch" : "then, after batch";
  const window = count(Math.min(WINDOW, batch));
  const when = batch ? `${moment} ${count(batch)}; losses and shares of the last ${window} batches`
    : "before the first batch";
  return { settings, averages, when, learns: epoch === null ? learnersOf(run, recording.marks) : "none" };
}

/**
 * Which networks are learning: both of a run that trains; of one that rests, the one that took the last step alone.
 * @param {{ state: string, batch: number }} run
 * @param {{ batch: number, knob: string }[]} marks
 * @returns {Play["learns"]}
 */
export function learnersOf({ state, batch }, marks) {
  if (state === "running") return "both";
  const alone = marks.findLast((mark) => mark.batch === batch - 1 && mark.knob.startsWith("step_"));
  return alone ? /** @type {"g" | "d"} */ (alone.knob.slice("step_".length)) : "none";
}

/**
 * Light the parts of the drawing on which a knob of the page acts, for as long as one points at it.
 * @param {HTMLElement} root
 * @param {(names: PartName[], text: string) => void} light
 * @param {() => Settings | null} settings
 * @returns {() => void} ends it
 */
function followKnobs(root, light, settings) {
  const page = root.closest(".lg-live") ?? root;
  /** @type {HTMLElement | null} */
  let pointed = null;

  /** @param {Event} event */
  function point(event) {
    const target = /** @type {Element} */ (event.target);
    const knob = /** @type {HTMLElement | null} */ (target.closest(KNOB));
    if (knob === pointed) return;
    pointed = knob;
    const held = settings();
    if (!knob || !held) return light([], "");
    const names = partsOfKnob(knob.dataset.knob ?? "ratio", held);
    const label = knob.querySelector(".lg-knob-label")?.textContent ?? "The ratio of the learning rates";
    const titles = names.map((name) => PARTS[name].title.toLowerCase());
    light(names, names.length ? `${label} acts here: on the ${titles.join(" and the ")}.`
      : `${label} acts on no part of the game, but on the run as a whole.`);
  }

  for (const kind of ["pointerover", "focusin"]) page.addEventListener(kind, point);
  return () => {
    for (const kind of ["pointerover", "focusin"]) page.removeEventListener(kind, point);
  };
}
