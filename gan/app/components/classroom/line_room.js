/** Room for the students' line at the bottom of the screen, so that it covers nothing of the page. */

const ROOM = "--lg-class-line"; // in classroom.css

/**
 * Tell the style sheets how high the line is now.
 * @param {HTMLElement} line
 * @returns {() => void} it is gone
 */
export function keepRoom(line) {
  const { style } = document.documentElement;
  const watch = new ResizeObserver(() => style.setProperty(ROOM, `${line.offsetHeight}px`));
  watch.observe(line, { box: "border-box" });
  return () => {
    watch.disconnect();
    style.removeProperty(ROOM);
  };
}
