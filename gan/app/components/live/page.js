/** What the modules of the Train page share: what Python told it last, its state, and the stream of its run. */

/** @import { LiveData, LiveTriggers } from "../types.d.ts" */
/** @import { DraftEvent, Remembered } from "./draft/draft_state.js" */
/** @import { Stream } from "./stream/stream.js" */

import { NOTHING_REMEMBERED, initialState, reduce, remember } from "./draft/draft_state.js";

/** @type {Remembered} */
let remembered = NOTHING_REMEMBERED;

/** @typedef {ReturnType<typeof createPage>} Page */

/** @param {LiveData} data */
export function createPage(data) {
  const page = {
    data,
    state: initialState(remembered),
    /** Tells Python. @type {<Name extends keyof LiveTriggers>(name: Name, value: LiveTriggers[Name]) => void} */
    trigger: () => {},
    /** Of the run on the page. @type {Stream | null} */
    stream: null,
    /** The run on the page, once something of it is here. */
    run: () => page.stream?.run ?? null,
    /** @param {DraftEvent} event */
    dispatch(event) {
      page.state = reduce(page.state, event);
      remembered = remember(page.state, remembered);
    },
    /**
     * Python has run.
     * @param {LiveData} next
     */
    receive(next) {
      page.data = next;
      page.dispatch({ kind: "received", data: next, remembered });
    },
  };
  return page;
}
