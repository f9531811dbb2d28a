/** While a class is led through a lesson, the lesson's run is the teacher's on all pages. */

/** @import { LessonCard, Place } from "../../types.d.ts" */
/** @import { LessonProgress } from "../../shared/lesson_progress.js" */
/** @import { Watched } from "./conditions.js" */

import { onPart } from "../../shared/class_parts.js";
import { ledWith } from "./lesson_state.js";

export function createLedLesson() {
  /** @type {Place | null} */
  let place = null;
  return {
    end: onPart("lead", (lead) => (place = lead?.place ?? null)),
    /**
     * The progress with the teacher's run, if this page shows it.
     * @param {LessonProgress} progress
     * @param {LessonCard} lesson
     * @param {Watched | null} watched the run on the page
     */
    take(progress, lesson, watched) {
      const run = place?.lesson === lesson.name ? place.run : null;
      return run && watched?.run?.name === run ? ledWith(progress, lesson, run) : progress;
    },
  };
}
