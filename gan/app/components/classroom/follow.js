/** "Follow me": the pages of all students show what the teacher's shows. A student may look around and come back. */

import { createFollower } from "./follower.js";
import { createLeader } from "./leader.js";

/** @import { ClassPage, Subject } from "./main.js" */

/**
 * @param {ClassPage} page
 * @returns {Subject}
 */
export function createFollow(page) {
  if (page.seat === "teacher") return createLeader(page);
  return page.seat === "student" ? createFollower(page) : {};
}
