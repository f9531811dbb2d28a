/** What the playground shows, as a class shares it: told by the teacher's page, shown by the students'. */

/** @import { Shown } from "../../shared/showing.js" */
/** @import { ModelSource, PageState } from "../types.d.ts" */

import { turnTo, write } from "./link.js";

const LONGEST = 8000; // characters that a class is told of a place; more than five z that were made by hand

/**
 * @param {PageState} state
 * @param {ModelSource} source
 * @param {{ open: (name: string, epoch: PageState["epoch"]) => void, raw: (on: boolean) => void,
 *   dropout: (on: boolean) => void, draw: () => void }} act
 * @returns {Shown<string | null>}
 */
export function createSharedPlace(state, source, act) {
  return {
    now() {
      const text = write(state);
      return text.length <= LONGEST ? text : null;
    },
    show(text) {
      if (!source.model || source.name === null) return false;
      const { epoch, raw, dropout } = state;
      turnTo(text ?? "", state);
      if (state.dropout !== dropout) act.dropout(state.dropout);
      if (state.raw !== raw) act.raw(state.raw);
      else if (state.epoch !== epoch) act.open(source.name, state.epoch);
      act.draw();
      return true;
    },
  };
}
