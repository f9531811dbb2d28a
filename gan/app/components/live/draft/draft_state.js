/**
 * What the user has set and asked for on the Train page, as plain data that only events change: `reduce(state, event)`.
 *
 * The live knobs of a draft are on this page, its other settings are Streamlit's widgets below. A preset sets both, so
 * that Python begins another draft for it, which takes a moment. Until it comes, `preset` says what the user has
 * chosen: Start sends it along, since it may overtake the widgets.
 */

/** @import { Draft, KnobValues, LiveData, Preset, StartRequest } from "../../types.d.ts" */

/**
 * @typedef {Omit<StartRequest, "at">} Request what Start asks for
 *
 * @typedef {object} DraftState
 * @property {string | null} run the run on the page; null: the draft of one
 * @property {Draft | null} begun the draft as Python began it last; null: nothing has come from Python yet
 * @property {KnobValues} values the draft's live knobs as the page shows them
 * @property {string} name what is typed as the name of a draft
 * @property {string | null} preset the one chosen last, unless the user has turned to the settings below since
 * @property {boolean} settingsTouched the user has turned to the settings below since the draft came: they may differ
 *   from what Python told of them
 * @property {Request | null} request what Start asked for last
 * @property {boolean} starting Start was pressed, and Python has not answered yet
 * @property {LiveData["notice"]} notice the last sentence that Python had for the user
 * @property {number} dismissed the number of the last notice that is out of date
 * @property {LiveData["needs"]} needs the data set that the last request needs and that is not on this computer
 * @property {number} askedFor the number of the last of these needs that the user was asked about
 * @property {string} refusal why the last command was not obeyed, or ""
 * @property {string | null} gone why the run can no longer be watched
 *
 * @typedef {{ number: number, values: KnobValues, askedFor: number }} Remembered
 *   what outlives a visit to another page: the draft's number and live knobs, and `askedFor`
 *
 * @typedef {{ kind: "received", data: Pick<LiveData, "run" | "draft" | "notice" | "needs">, remembered: Remembered }
 *   | { kind: "knobsSet", values: KnobValues }
 *   | { kind: "presetChosen", name: string }
 *   | { kind: "settingsTouched" }
 *   | { kind: "nameTyped", name: string }
 *   | { kind: "startPressed", request: Request }
 *   | { kind: "dataSetObtained" }
 *   | { kind: "newRunPressed" }
 *   | { kind: "momentChanged", branching: boolean }
 *   | { kind: "answered", refusal: string }
 *   | { kind: "runGone", message: string }} DraftEvent
 *   `received`: Python has run and tells the page what to show; `settingsTouched`: the user has turned to the settings
 *   below the page; `dataSetObtained`: the same request starts again; `momentChanged`: another moment of the run's
 *   recording is on the page; `answered`: a command was obeyed ("") or refused; `runGone`: the run was deleted
 */

/** @type {Remembered} */
export const NOTHING_REMEMBERED = { number: 0, values: {}, askedFor: 0 };

/**
 * @param {Remembered} remembered
 * @returns {DraftState}
 */
export function initialState({ askedFor }) {
  return {
    run: null, begun: null, values: {}, name: "", preset: null, settingsTouched: false, request: null, starting: false,
    notice: { number: 0, text: "", field: "" }, dismissed: 0, needs: null, askedFor, refusal: "", gone: null,
  };
}

/**
 * @param {DraftState} state
 * @param {DraftEvent} event
 * @returns {DraftState}
 */
export function reduce(state, event) {
  const change = /** @type {(state: DraftState, event: DraftEvent) => Partial<DraftState>} */ (CHANGES[event.kind]);
  return { ...state, ...change(state, event) };
}

/**
 * What each kind of event changes.
 * @type {{ [Kind in DraftEvent["kind"]]:
 *   (state: DraftState, event: Extract<DraftEvent, { kind: Kind }>) => Partial<DraftState> }}
 */
const CHANGES = {
  received,
  knobsSet: ({ values }, event) => ({ values: { ...values, ...event.values } }),
  presetChosen: ({ run }, { name }) => ({ preset: run === null ? name : null }),
  settingsTouched: () => ({ preset: null, settingsTouched: true }), // they count now, also after a preset was refused
  nameTyped: ({ notice, dismissed }, { name }) => ( // what was wrong with the name before is out of date
    { name, dismissed: notice.field === "name" ? notice.number : dismissed }),
  startPressed: (_, { request }) => ({ request, starting: true, refusal: "" }),
  dataSetObtained: () => ({ starting: true }),
  newRunPressed: () => ({ preset: null }),
  momentChanged: ({ notice, name }, { branching }) => (
    { refusal: "", dismissed: notice.number, name: branching ? name : "" }),
  answered: (_, { refusal }) => ({ refusal }),
  runGone: (_, { message }) => ({ gone: message }),
};

/**
 * @param {DraftState} state
 * @param {Extract<DraftEvent, { kind: "received" }>} event
 * @returns {Partial<DraftState>}
 */
function received(state, { data, remembered }) {
  const { run, draft, notice, needs } = data;
  return {
    ...(takesDraft(state, draft) ? taken(state, draft, remembered) : {}),
    ...(otherRun(state, run) ? { request: null, refusal: "", gone: null } : {}),
    run, begun: draft, notice, needs,
    starting: false,
    askedFor: needs ? needs.number : state.askedFor,
  };
}

/**
 * Whether the page shows the draft that has come. If it was begun before the preset chosen last, that one's is to come.
 * @param {DraftState} state
 * @param {Draft} draft
 */
function takesDraft({ begun, preset }, draft) {
  return draft.number !== begun?.number && (preset === null || preset === draft.preset);
}

/**
 * @param {DraftState} state
 * @param {Draft} draft
 * @param {Remembered} remembered
 * @returns {Partial<DraftState>}
 */
function taken({ preset, name }, draft, remembered) {
  const moved = draft.number === remembered.number ? remembered.values : {};
  return { values: { ...draft.values, ...moved }, settingsTouched: false, name: preset === null ? "" : name };
}

/**
 * What is kept for the next visit to the page.
 * @param {DraftState} state
 * @param {Remembered} before
 * @returns {Remembered}
 */
export function remember({ run, begun, values, askedFor }, before) {
  return begun && run === null ? { number: begun.number, values, askedFor } : { ...before, askedFor };
}

// --- what follows from the state -------------------------------------------------------------------------------------

/**
 * Whether the page has to turn to another run, or to the draft.
 * @param {DraftState} state
 * @param {string | null} run
 */
export const otherRun = ({ begun, run: now }, run) => begun === null || now !== run;

/**
 * The notice to show, or "": one that is not about the name and is not out of date.
 * @param {DraftState} state
 */
export const noticeText = (state) => (state.notice.field === "" ? current(state) : "");

/**
 * What is wrong with the name, or "".
 * @param {DraftState} state
 */
export const nameError = (state) => (state.notice.field === "name" ? current(state) : "");

/** @param {DraftState} state */
const current = ({ notice, dismissed }) => (notice.number === dismissed ? "" : notice.text);

/**
 * What Start asks for: the draft, or a branch of the run on the page.
 * @param {DraftState} state
 * @param {Request["step"]} step what to train before it pauses; null: it does not
 * @param {{ epoch: number, values: KnobValues } | null} branch
 * @returns {Request}
 */
export function requestOf({ run, values, preset, name }, step, branch) {
  const draft = branch ? { ...branch, parent: run } : { values, parent: null, epoch: 0 };
  return { ...draft, preset, name: name.trim(), step };
}

/**
 * What a preset changes: live knobs are turned at once; what is fixed when a run starts needs another draft.
 * @param {DraftState} state
 * @param {Preset} preset
 * @param {Record<string, unknown>} shown all settings as the page shows them
 * @param {KnobValues} live those of them that are live knobs
 * @returns {{ turned: KnobValues, another: boolean }} `another`: Python has to begin another draft
 */
export function presetChange(state, preset, shown, live) {
  const draft = state.run === null;
  const wanted = draft ? preset.draft : { ...preset.values, ...preset.fixed };
  const differing = Object.entries(wanted).filter(([name, x]) => String(shown[name]) !== String(x));
  const turned = differing.filter(([name]) => name in live);
  const pending = draft && state.preset !== null && state.preset !== state.begun?.preset; // another preset's draft
  const another = turned.length < differing.length || pending || (draft && state.settingsTouched);
  return { turned: draft || !another ? /** @type {KnobValues} */ (Object.fromEntries(turned)) : {}, another };
}
