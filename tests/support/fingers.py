"""A page on a phone: its screen, and fingers that touch it in the way a browser is told of them."""

from __future__ import annotations

from playwright.sync_api import Locator, Page

STEPS = 12  # of a movement
# A timer as long as that of a finger that rests never ends.
NEVER_REST = """async () => {
  const { HOLD } = await import("/api/ui/shared/gestures.js");
  const start = (window.plainTimer ??= window.setTimeout);
  window.setTimeout = (call, time, ...rest) => start(call, time === HOLD ? 2 ** 30 : time, ...rest);
}"""


class Fingers:
    """Makes a page that of a phone or tablet, and touches it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.browser = page.context.new_cdp_session(page)
        self.browser.send("Emulation.setTouchEmulationEnabled", {"enabled": True, "maxTouchPoints": 5})
        page.mouse.move(0, 0)  # a click leaves the mouse where it was, and what scrolls beneath it would be pointed at

    def resize(self, width: int, height: int) -> None:
        screen = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": True}
        self.browser.send("Emulation.setDeviceMetricsOverride", screen)

    def never_rest(self) -> None:
        """From now on no finger rests long enough to take hold of a control: on a busy machine each of them would."""
        self.page.evaluate(NEVER_REST)

    def down(self, x: float, y: float) -> None:
        self._touch("touchStart", (x, y))

    def move(self, x: float, y: float, to_x: float, to_y: float) -> None:
        for step in range(1, STEPS + 1):
            self._touch("touchMove", (x + (to_x - x) * step / STEPS, y + (to_y - y) * step / STEPS))

    def tap(self, x: float, y: float) -> None:
        self.down(x, y)
        self.up()

    def up(self) -> None:
        self._touch("touchEnd")

    def cancel(self) -> None:
        """The browser takes the finger away, as when the phone is called."""
        self._touch("touchCancel")

    def swipe(self, element: Locator, right: float = 0, down: float = 0) -> None:
        """Land on the middle of an element, go that far and leave."""
        x, y = middle(element)
        self.down(x, y)
        self.move(x, y, x + right, y + down)
        self.up()

    def scrolled(self) -> float:
        """How far down the page is."""
        return float(self.page.locator("[data-testid=stMain]").evaluate("main => main.scrollTop"))

    def _touch(self, kind: str, *places: tuple[float, float]) -> None:
        points = [{"x": x, "y": y} for x, y in places]
        self.browser.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


def middle(element: Locator) -> tuple[float, float]:
    """Of an element, which is brought to the middle of the screen."""
    element.evaluate("el => el.scrollIntoView({ block: 'center', behavior: 'instant' })")
    return place(element)


def place(element: Locator) -> tuple[float, float]:
    """Where the middle of an element is."""
    box = element.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
