/** What is wrong with the layout of the page on show, in a sentence each: cut off, overlapping, or too small for a finger. */
(least) => {
  const faults = new Set();
  const nameOf = (el) => {
    const words = el.getAttribute("aria-label") || el.textContent.trim() || el.getAttribute("placeholder") || "";
    const classes = String(el.className.baseVal ?? el.className).split(" ").filter((name) => name.startsWith("lg-"));
    return `${el.tagName.toLowerCase()}.${classes.join(".") || el.dataset.testid || ""} "${words.slice(0, 40)}"`;
  };
  const seen = (el) => el.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && !el.closest(".lg-sr, svg, .lg-tip")
    && !(el.closest("[data-testid=stSidebar]")?.getBoundingClientRect().width < 60);

  for (const el of [document.documentElement, document.querySelector('[data-testid="stMain"]')]) {
    if (el.scrollWidth > el.clientWidth) faults.add(`${nameOf(el).slice(0, 20)} scrolls sideways: ${el.scrollWidth} > ${el.clientWidth}`);
  }

  // What lies over the page, or else all of it.
  const sidebar = document.querySelector("[data-testid=stSidebar]");
  const covers = sidebar?.getBoundingClientRect().width > 60 && innerWidth <= 768;
  const top = document.querySelector("[data-testid=stDialog]") ?? (covers ? sidebar : document);

  // A finger anywhere within `least` pixels around the middle of a control meets the control.
  const controls = "button, a[href], select, summary, textarea, input:not([type=file]), [role=tab], .lg-help";
  for (const el of least ? top.querySelectorAll(controls) : []) {
    const whole = el.closest("label, [data-baseweb=select], [data-baseweb=input], [data-baseweb=radio]")
      ?? (el.matches("input") ? el.closest("[data-testid=stTextInputRootElement], [data-testid=stNumberInputContainer]") : null) ?? el;
    if (!seen(whole) || el.closest('[style*="clip"]')) continue;
    whole.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
    const box = whole.getBoundingClientRect();
    if (box.width < 2 || box.height < 2) continue;
    const [x, y, far] = [box.left + box.width / 2, box.top + box.height / 2, least / 2 - (el.closest(".lg") ? 1 : 2.1)];
    for (const [dx, dy] of [[-far, 0], [far, 0], [0, -far], [0, far]]) {
      const hit = document.elementFromPoint(x + dx, y + dy);
      if (hit && whole.contains(hit)) continue;
      const size = `${Math.round(box.width)} x ${Math.round(box.height)}`;
      faults.add(`${nameOf(el)} (${size}) is not met ${dx ? Math.abs(dx) : Math.abs(dy)} px ${dx ? "beside" : "above or below"} its middle, but ${hit ? nameOf(hit) : "nothing"}`);
    }
  }

  document.querySelector('[data-testid="stMain"]').scrollTo(0, 0);
  // Every text is whole and has its place for itself.
  const texts = [];
  for (const el of top.querySelectorAll(".lg *, :is(h1, h2, h3, p, label, table.settings td)")) {
    const own = [...el.childNodes].filter((node) => node.nodeType === 3 && node.data.trim());
    if (!own.length || !seen(el) || el.closest("option, .lg-filmstrip, .lg-picker-list, .lg-chart-alt, .lg-lines, .lg-marks, .lg-list, [data-testid=stSidebar]")) continue;
    const range = document.createRange();
    const boxes = own.flatMap((node) => (range.selectNode(node), [...range.getClientRects()]));
    const box = { left: Math.min(...boxes.map(({ left }) => left)), right: Math.max(...boxes.map(({ right }) => right)) };
    if (!boxes.length || box.right - box.left < 1 || el.offsetWidth === 1) continue; // one pixel: for those who hear the page
    const shortened = !least && el.closest("[title]"); // a mouse shows the rest
    for (let clip = el; clip && clip !== document.body; clip = clip.parentElement) {
      const edge = clip.getBoundingClientRect();
      const { overflowX, display } = getComputedStyle(clip);
      if (overflowX === "visible" || display === "inline" || display === "contents") continue;
      if (!shortened && (box.right > edge.right + 1 || box.left < edge.left - 1)) faults.add(`${nameOf(el)} is cut off by ${nameOf(clip).slice(0, 30)}`);
      box.left = Math.max(box.left, edge.left);
      box.right = Math.min(box.right, edge.right);
      break;
    }
    if (box.right > innerWidth + 1 || box.left < -1) faults.add(`${nameOf(el)} leaves the screen: ${Math.round(box.left)} to ${Math.round(box.right)}`);
    texts.push({ el, boxes: boxes.map(({ left, right, top, bottom }) => ({ top, bottom, left: Math.max(left, box.left), right: Math.min(right, box.right) })) });
    const button = el.closest("button, .lg-button, .lg-chip");
    const frame = button?.getBoundingClientRect();
    if (frame && (box.left < frame.left - 1 || box.right > frame.right + 1)) faults.add(`${nameOf(el)} is wider than its button`);
  }
  const meet = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 2 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 4;
  texts.forEach(({ el, boxes }, i) => texts.slice(i + 1).forEach((other) => {
    if (el.contains(other.el) || other.el.contains(el)) return;
    if (boxes.some((a) => other.boxes.some((b) => meet(a, b)))) faults.add(`${nameOf(el)} overlaps ${nameOf(other.el)}`);
  }));
  return [...faults];
}
