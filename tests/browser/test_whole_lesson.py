"""A whole lesson in front of a class, from the teacher's link to the lab reports: one teacher, thirty students.

Three of them have a browser: the teacher at a projector, a student with a phone, one with a laptop. It takes some
minutes, so it is played on demand only, and saves a picture of each page at each station:

    LIVEGAN_PLAY_CLASS=FOLDER python -m pytest -n 0 tests/browser/test_whole_lesson.py
"""

from __future__ import annotations

import io
import json
import math
import os
import re
import shutil
import signal
import socket
import time
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from chromium import OTHER_HOST, THIRD_HOST, App
from classes import HOST, ClassServer
from helpers import PATIENCE, wait_until
from PIL import Image
from playing import choose_tool, image, settled
from playwright.sync_api import ConsoleMessage, Locator, Page, expect
from seats import Seat
from tabs import started

from gan.runs.registry import ROOT

PICTURES = os.environ.get("LIVEGAN_PLAY_CLASS", "")
pytestmark = pytest.mark.skipif(not PICTURES, reason="takes minutes; it is played if LIVEGAN_PLAY_CLASS is set")

SEATS = 28  # beside the two students who have browsers
FOLLOWED = 500  # ms within which all pages are where the teacher's is
LEAGUE = 60  # batches
LOST = ("ERR_CONNECTION", "WebSocket connection to", "WebSocket onclose", "stopped Streamlit", "Failed to fetch",
        "No response received", "when disconnected from server", "server is not responding")  # fmt: skip
SEEN = """([part, text]) => {
  window.seen = null;
  const look = setInterval(() => {
    if (!document.querySelector(part)?.textContent.includes(text)) return;
    window.seen = Date.now();
    clearInterval(look);
  }, 10);
}"""
TURN_TO = """(epoch) => {
  const slider = document.querySelector("input[aria-label='Epoch']");
  slider.value = epoch;
  slider.dispatchEvent(new Event("input", { bubbles: true }));
  slider.dispatchEvent(new Event("change", { bubbles: true }));
  return Date.now();
}"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lesson")
    for name in ("lecture", "chosen"):
        shutil.copytree(ROOT / "checkpoints" / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def server(start_app: Callable[..., App], folder: Path) -> ClassServer:
    return ClassServer(start_app(folder, LIVEGAN_HOSTS=f"{HOST},{OTHER_HOST},{THIRD_HOST}"))


@pytest.fixture
def room(server: ClassServer, open_page: Callable[..., Page]) -> Iterator[Room]:
    room = Room(server, open_page)
    yield room
    for seat in room.seats:
        seat.leave()
    assert room.complaints == [], room.complaints


class Room:
    """The teacher, the students, and what one of them does."""

    def __init__(self, server: ClassServer, open_page: Callable[..., Page]) -> None:
        self.server = server
        self.complaints: list[str] = []
        self.pictures = Path(PICTURES)
        self.pictures.mkdir(parents=True, exist_ok=True)
        self.seats: list[Seat] = []
        self.began = time.monotonic()
        self.busy = os.getloadavg()[0] > (os.cpu_count() or 1)  # with other work: what takes how long says nothing
        self.followed = 0.0
        self.cookie = server.teacher()  # for what the test asks on its own
        open_tab = self._noting(open_page)
        key = server.kept["key"]
        self.teacher = open_tab(f"{server.app.url}/class?teacher={key}", width=1920, height=1080)
        self.phone = open_tab(f"http://{OTHER_HOST}:{server.port}/", width=390, height=844, dark=True, touch=True)
        self.laptop = open_tab(f"http://{THIRD_HOST}:{server.port}/", width=1440, height=900)

    def _noting(self, open_page: Callable[..., Page]) -> Callable[..., Page]:
        """The server is killed in between, of which consoles complain; of anything else they must not."""

        def note(message: ConsoleMessage) -> None:
            text = f"{message.text} ({message.location['url']})"
            if message.type in ("error", "warning") and not any(words in text for words in LOST):
                self.complaints.append(text)

        def open_tab(url: str, **options: Any) -> Page:
            page = open_page(url, server_ends=True, **options)
            page.on("console", note)
            return page

        return open_tab

    @property
    def students(self) -> tuple[Page, Page]:
        return self.phone, self.laptop

    @property
    def bar(self) -> Locator:
        return self.teacher.get_by_role("toolbar", name="Lead the class")

    def press(self, name: str) -> None:
        self.bar.get_by_role("button", name=name, exact=True).click()

    def join(self) -> None:
        code = self.server.kept["code"]
        for page, name in ((self.phone, "Mira"), (self.laptop, "Jonas Q.")):
            page.get_by_label("Code of the class").fill(code.lower())
            page.get_by_label("Your name").fill(name)
            if page is self.phone:
                self.picture("join", page)
            page.get_by_role("button", name="Join").click()
            expect(page.locator(".lg-class-line")).to_be_attached()
        with ThreadPoolExecutor(8) as many:
            self.seats = list(many.map(lambda n: Seat(self.server, f"Student {n:02}"), range(1, SEATS + 1)))
        expect(self.teacher.get_by_test_id("stMain")).to_contain_text(f"{SEATS + 2} here, {SEATS + 2} joined")

    def picture(self, station: str, *pages: Page) -> None:
        """Save a picture of these pages, or of all; of the teacher's in both themes, and as the last row sees it."""
        names = {self.teacher: "teacher", self.phone: "phone", self.laptop: "laptop"}
        print(f"{time.monotonic() - self.began:5.1f} s: {station}")
        for page in pages or tuple(names):
            path = self.pictures / f"{station}-{names[page]}.png"
            if page is not self.teacher:
                page.screenshot(path=path)
                continue
            for scheme in ("dark", "light") if page.locator("html[data-present]").count() else ("light",):
                page.emulate_media(color_scheme=scheme)
                expect(page.locator(f".lg-class[data-scheme={scheme}]")).to_be_attached()
                page.wait_for_timeout(500)  # the charts are drawn anew
                page.screenshot(path=path.with_stem(f"{path.stem}-{scheme}"))
            with Image.open(path.with_stem(f"{path.stem}-light")) as whole:
                whole.resize((whole.width // 4, whole.height // 4)).save(path.with_stem(f"{path.stem}-quarter"))

    # --- what a class does ---------------------------------------------------------------------------------------

    def all_follow(self, page: str, run: str | None = None) -> None:
        wait_until(lambda: all(_at(seat) == (page, run) for seat in self.seats))

    def desks(self) -> list[dict[str, Any]]:
        """The runs of desks."""
        runs = self.server.ask("GET", "/api/runs", self.cookie).json()["runs"]
        return [run for run in runs if run["desk"]]

    def question(self) -> str:
        """The question that is asked, once all have been told of it."""
        wait_until(lambda: all(seat.parts.get("question") for seat in self.seats))
        (asked,) = {seat.parts["question"]["id"] for seat in self.seats}
        return str(asked)

    def all_answer(self, value: Callable[[int], object]) -> None:
        question = self.question()
        with ThreadPoolExecutor(8) as many:
            list(many.map(lambda n: self.seats[n].answer(question, value(n)), range(SEATS)))

    def show_answers(self, *more: str) -> None:
        panel = self.teacher.get_by_label("Ask the class", exact=True)
        expect(panel).to_contain_text(f"{SEATS + 2} answers")
        for step in ("Close", "Show the answers", *more):
            panel.get_by_role("button", name=step, exact=True).click()

    def put_away(self) -> None:
        self.teacher.get_by_label("Ask the class", exact=True).get_by_role("button", name="Put away").click()
        for page in self.students:
            expect(page.locator(".lg-question-sheet")).to_have_count(0)


def _at(seat: Seat) -> tuple[str, str | None]:
    place = (seat.parts.get("lead") or {}).get("place") or {}
    return place.get("page", ""), place.get("run")


def test_a_whole_lesson_in_front_of_a_class(room: Room, start_app: Callable[..., App]) -> None:
    expect(room.teacher.locator(".join-card img")).to_be_visible()
    room.picture("class", room.teacher)
    room.join()
    room.picture("joined")
    opens_the_lesson(room)
    asks_before_the_answer(room)
    has_a_curve_drawn(room)
    measures_how_fast_all_follow(room)
    has_all_look_up(room)
    lets_them_train(room)
    is_killed_while_a_question_is_open(room, start_app)
    looks_at_the_wall(room)
    holds_a_league(room)
    walks_in_the_playground(room)
    takes_the_reports(room)
    assert room.followed <= FOLLOWED or room.busy


def opens_the_lesson(room: Room) -> None:
    room.press("Follow me")
    room.teacher.get_by_test_id("stSidebarNavLink").filter(has_text="Lessons").click()
    room.all_follow("lessons")
    for page in room.students:
        expect(page.get_by_role("heading", name="Lessons")).to_be_visible()
    room.picture("lessons")
    room.teacher.get_by_role("button", name="Begin: The forger and the detective").click()
    expect(room.teacher.get_by_role("complementary", name="Lesson")).to_contain_text("step 1 of 6")
    room.picture("draft")
    room.teacher.get_by_role("button", name="Start the run").click()
    room.all_follow("train", "Forger-and-detective")
    for page in room.students:
        expect(page.get_by_role("complementary", name="Lesson")).to_contain_text("step 1 of 6")
        expect(page.locator(".lg-live .lg-name")).to_have_text("Forger and detective")
    room.teacher.keyboard.press("p")
    room.picture("step-1")


def asks_before_the_answer(room: Room) -> None:
    room.teacher.get_by_role("complementary", name="Lesson").get_by_role("button", name="Ask the class").click()
    room.picture("asked")
    for page, answer in ((room.phone, "near 0.7"), (room.laptop, "at 0")):
        page.locator(".lg-question-sheet").get_by_role("button", name=answer).click()
        expect(page.locator(".lg-lesson").get_by_label(answer)).to_be_checked()  # it counts on the lesson's card
    room.all_answer(lambda n: n % 3)
    room.picture("answered")
    room.show_answers("Tell what is right")
    for page in room.students:
        expect(page.locator(".lg-question-sheet")).to_contain_text("Right: near 0.7")
    room.picture("told")
    room.put_away()
    room.teacher.keyboard.press("n")
    for page in room.students:
        expect(page.get_by_role("complementary", name="Lesson")).to_contain_text("step 2 of 6")
    room.picture("step-2")


def has_a_curve_drawn(room: Room) -> None:
    room.press("Ask")
    panel = room.teacher.get_by_label("Ask the class", exact=True)
    panel.get_by_role("button", name="A curve").click()
    panel.get_by_label("Batches to draw").fill("100")
    room.picture("curve-asking", room.teacher)
    panel.get_by_role("button", name="Ask the class").click()
    for page in room.students:
        _draw(page)
    axes = room.seats[0].parts["question"]["axes"] if room.question() else {}
    room.all_answer(lambda n: _wave(axes, n))
    room.picture("curve-drawn")
    room.show_answers()
    room.picture("curve-shown")
    panel.get_by_role("button", name="Let it train").click()
    expect(room.teacher.locator(".lg-predicted-nearest")).to_have_count(1)
    for page in room.students:
        expect(page.locator(".lg-question-sheet")).to_contain_text("Nearest drawing")
    room.picture("curve-met")
    room.put_away()


def measures_how_fast_all_follow(room: Room) -> None:
    """The delay of each page, from the teacher's move to what a student sees or is told."""
    room.teacher.goto(f"{room.server.app.url}/?run=lecture")
    room.all_follow("train", "lecture")
    for page in (room.teacher, *room.students):
        expect(page.locator(".lg-live .lg-name")).to_have_text("lecture")
    delays: list[list[float]] = []
    for epoch in (1, 20, 5, 60, 10, 80, 2, 40):
        for page in room.students:
            page.evaluate(SEEN, [".lg-live .lg-time", f"As of epoch {epoch}"])
        moved = room.teacher.evaluate(TURN_TO, epoch) / 1000
        wait_until(lambda epoch=epoch: all(_epoch(seat) == epoch for seat in room.seats))  # type: ignore[misc]
        for page in room.students:
            page.wait_for_function("window.seen !== null")
        delays.append([seat.led[-1][0] - moved for seat in room.seats])
        delays[-1] += [page.evaluate("window.seen") / 1000 - moved for page in room.students]
    room.followed = _p95([delay for each in delays for delay in each])
    pages = _p95([delay for each in delays for delay in each[SEATS:]])
    print(f"follow: p95 {room.followed:.0f} ms, of pages alone {pages:.0f} ms")


def _p95(delays: list[float]) -> float:
    return 1000 * sorted(delays)[math.ceil(0.95 * len(delays)) - 1]


def _epoch(seat: Seat) -> int | None:
    moment = ((seat.parts["lead"] or {}).get("place") or {}).get("moment") or {}
    return moment.get("epoch")


def has_all_look_up(room: Room) -> None:
    room.press("Look up")
    for page in room.students:
        expect(page.get_by_role("dialog", name="Look up")).to_be_visible()
    room.bar.get_by_role("textbox").fill("Hands off: watch how the fours come back after epoch 5.")
    room.bar.get_by_role("textbox").press("Enter")
    for page in room.students:
        expect(page.get_by_role("dialog", name="Look up")).to_contain_text("Hands off")
    room.picture("look-up")
    room.press("Look up")
    for page in room.students:
        expect(page.get_by_role("dialog", name="Look up")).to_have_count(0)
    wait_until(lambda: all(seat.parts["lead"]["look_up"] is None for seat in room.seats))


def lets_them_train(room: Room) -> None:
    """All have a run of their own: phone and laptop begin one on the page, the others in tabs without a browser."""
    room.press("Follow me")  # they may go where they like
    for page, host in zip(room.students, (OTHER_HOST, THIRD_HOST), strict=True):
        page.goto(f"http://{host}:{room.server.port}/?run=new")
        page.get_by_role("button", name="Start", exact=True).click()
        expect(page.locator(".lg-live .lg-owner")).not_to_be_empty()
        expect(page.get_by_role("slider", name="Discriminator learning rate")).to_be_enabled()
    with ThreadPoolExecutor(8) as many:
        runs = list(many.map(lambda seat: started(room.server, seat.cookie), room.seats))
    for number, (seat, name) in enumerate(zip(room.seats, runs, strict=True)):
        turned = {"lr_d": 0.0001 * (number + 1)}
        steered = seat.ask("POST", f"/api/runs/{name}/commands", json={"kind": "set", "values": turned})
        assert steered.status_code in (202, 409), steered.text
    wait_until(lambda: all(run["batch"] for run in room.desks()))
    room.picture("desks", *room.students)


def is_killed_while_a_question_is_open(room: Room, start_app: Callable[..., App]) -> None:
    asked = {"kind": "number", "ask": "What FID will your run have after two epochs?", "seconds": 600}
    assert room.server.ask("POST", "/api/class/question", room.cookie, json=asked).status_code == 200
    sheet = room.phone.locator(".lg-question-sheet")
    sheet.get_by_label("Your number").fill("42,5")
    sheet.get_by_role("button", name="Send").click()
    expect(sheet).to_contain_text("Your answer is in.")
    room.all_answer(lambda n: 20 + n)
    room.picture("number-asked", *room.students)
    app = room.server.app
    app.process.send_signal(getattr(signal, "SIGKILL", signal.SIGTERM))
    app.process.wait(PATIENCE)
    room.picture("killed")
    with socket.socket() as probe:
        assert probe.connect_ex(("localhost", room.server.port)) != 0
    for seat in room.seats:
        seat.parts.pop("question", None)
    room.server.app = start_app(app.folder, port=room.server.port, LIVEGAN_HOSTS=f"{HOST},{OTHER_HOST},{THIRD_HOST}")
    room.question()  # all are told of it again
    expect(sheet.get_by_label("Your number")).to_have_value("42,5")  # as it was typed; the server has 42.5
    room.laptop.reload()
    sheet = room.laptop.locator(".lg-question-sheet")
    sheet.get_by_label("Your number").fill("60")
    sheet.get_by_role("button", name="Send").click()
    expect(sheet).to_contain_text("Your answer is in.")
    room.teacher.reload()
    room.show_answers()
    panel = room.teacher.get_by_label("Ask the class", exact=True)
    panel.get_by_label("The right number", exact=True).fill("41")
    panel.get_by_role("button", name="Tell", exact=True).click()
    expect(panel).to_contain_text("Nearest")
    room.picture("number-told")
    room.put_away()


def looks_at_the_wall(room: Room) -> None:
    room.press("Room")
    wall = room.teacher.get_by_role("dialog", name="The room")
    expect(wall).to_contain_text(f"{SEATS + 2} here, {SEATS + 2} joined")
    expect(wall.locator(".lg-desk-epoch", has_text="epoch")).to_have_count(SEATS + 2)
    room.picture("wall", room.teacher)
    desk = wall.get_by_role("region", name="Mira")
    desk.hover()
    desk.get_by_role("button", name="Unnamed").click()
    expect(room.teacher).to_have_url(re.compile("run="))
    expect(room.teacher.locator("html[data-present][data-unnamed]")).to_be_attached()
    expect(room.teacher.locator(".lg-live .lg-grid-canvas")).to_be_in_viewport()
    room.picture("unnamed", room.teacher)
    room.teacher.keyboard.press("Escape")


def holds_a_league(room: Room) -> None:
    for run in room.desks():  # time is up; the entries need not wait for them
        room.server.ask("POST", f"/api/runs/{run['name']}/commands", room.cookie, json={"kind": "stop"})
    room.press("League")
    room.teacher.get_by_label("Batches for each").fill(str(LEAGUE))
    room.picture("league-opening", room.teacher)
    room.teacher.get_by_role("button", name="Open the league").click()
    room.phone.get_by_role("button", name="League").click()
    entering = room.phone.get_by_role("dialog", name="League")
    entering.get_by_label("Generator learning rate").fill("0.001")
    room.picture("league-entering", room.phone)
    entering.get_by_role("button", name="Enter the league").click()
    expect(room.phone).to_have_url(re.compile(r"\?run=League"))
    with ThreadPoolExecutor(8) as many:
        entered = list(many.map(lambda n: _enters(room.seats[n], 0.0001 * 1.3**n), range(0, SEATS, 4)))
    assert set(entered) == {202}
    table = room.teacher.get_by_role("dialog", name="League")
    expect(table.locator(".lg-league-fid").filter(has_text=re.compile(r"\d"))).to_have_count(len(entered) + 1)
    room.picture("league")
    table.get_by_role("button", name="End the league").click()
    for page in room.students:
        expect(page.locator(".lg-class-line")).to_contain_text(re.compile("Won by|You won"))
    room.picture("league-over")
    table.get_by_role("button", name="Close").click()


def _enters(seat: Seat, rate: float) -> int:
    return seat.ask("POST", "/api/class/league/enter", json={"values": {"lr_g": rate}}).status_code


def walks_in_the_playground(room: Room) -> None:
    room.teacher.goto(f"{room.server.app.url}/playground?run=chosen")
    settled(room.teacher)
    room.press("Follow me")
    for page in room.students:
        settled(page)
    room.teacher.keyboard.press("8")
    choose_tool(room.teacher, "Walk")
    room.teacher.get_by_role("button", name=re.compile("^Sample of seed")).nth(5).click()
    room.teacher.get_by_role("slider", name="Position").press("PageUp")
    room.teacher.wait_for_timeout(300)
    shown = image(room.teacher)
    for page in room.students:
        wait_until(lambda page=page: image(page) == shown)  # type: ignore[misc]
    room.picture("playground")
    room.teacher.get_by_test_id("stSidebarNavLink").filter(has_text="Class").click()
    expect(room.teacher.get_by_role("heading", name="Class", exact=True)).to_be_visible()
    for page in room.students:
        assert image(page) == shown  # the page Class is the teacher's own
    room.picture("class-followed", *room.students)
    room.press("Follow me")


def takes_the_reports(room: Room) -> None:
    room.picture("end", room.teacher)
    with room.teacher.expect_download() as download:
        room.teacher.get_by_role("link", name="Lab reports").click()
    content = Path(download.value.path()).read_bytes()
    with zipfile.ZipFile(io.BytesIO(content)) as reports:
        names = reports.namelist()
        mine = reports.read(next(name for name in names if name.startswith("Mira"))).decode()
    assert len(names) == SEATS + 2
    for words in ("Where do the curves of both losses begin?", "What FID will your run have", "42.5"):
        assert words in mine
    (room.pictures / "report.html").write_text(mine, "utf-8")


# --- drawing -----------------------------------------------------------------------------------------------------


def _draw(page: Page) -> None:
    """A line through the part of the chart in which one draws, which is the right two thirds."""
    chart = page.locator(".lg-question-sheet").get_by_role("img").first
    box = chart.bounding_box()
    assert box is not None
    y = box["y"] + 0.5 * box["height"]
    page.mouse.move(box["x"] + 0.42 * box["width"], y)
    page.mouse.down()
    for part in range(1, 12):
        page.mouse.move(box["x"] + (0.42 + 0.05 * part) * box["width"], y + 12 * math.sin(part))
    page.mouse.up()
    expect(page.locator(".lg-question-sheet")).to_contain_text("Your answer is in.")


def _wave(axes: dict[str, Any], number: int) -> list[list[float]]:
    """What one of the others draws."""
    begin, end, low, high = (axes[name] for name in ("from_batch", "to_batch", "low", "high"))
    share = 0.2 + 0.6 * number / SEATS
    points = [begin + (end - begin) * part / 10 for part in range(11)]
    heights = [low + (high - low) * (share + 0.08 * math.sin(number + part)) for part in range(11)]
    return json.loads(json.dumps([list(point) for point in zip(points, heights, strict=True)]))  # type: ignore[no-any-return]
