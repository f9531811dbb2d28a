"""A lesson in front of a large class: what following, the wall and a question cost, and how fast they are.

All students watch the teacher's run. The teacher goes to another place every second, looks at the wall of the desks,
which all train, and asks one question after another, which all students answer. Takes about two and a half minutes.

Desks train slowly, so that their images change and yet the students, who are other machines in a real class, find a
core here: what is measured is what the class takes from training, not how many cores there are.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from gan.bench import Result, Say
from gan.bench.crowd import CONNECTIONS, Crowds, Door, Watched, crowds, gaps, in_milliseconds, stay, watch, within
from gan.bench.desks import make_runs
from gan.bench.figures import missed, spread
from gan.bench.plan import LoadPlan
from gan.bench.server import PATIENCE, App, make_run, running_app, wait_until
from gan.bench.viewers import rate, slowdown
from gan.classroom.classroom import Classroom
from gan.classroom.opening import Kind, Opening
from gan.errors import LiveGANError

LIMITS = {"slowdown_percent": 10, "gap_ms.p95": 300, "follow_ms.p95": 500, "answers_lost": 0}
MOVES_APART = 1.0  # seconds between two moves of the teacher
ANSWERS_WITHIN = 3.0  # seconds after a question in which all students answer
QUESTIONS_APART = 6.0  # seconds
HANDLES = 1024
DESK_PACE = 2.0  # batches a second
TEACHERS, TAB = "teachers", "0123456789abcdef"  # the run, and the tab that leads
QUESTION = {"kind": "choice", "ask": "Which network wins?", "choices": ["G", "D", "neither"], "seconds": 60}


@dataclass
class Taught:
    """What the teacher did, and how it went. `moves`: when each place was posted; `wall`: bytes of its messages."""

    moves: dict[int, float] = field(default_factory=dict)
    wall: list[int] = field(default_factory=list)
    answered: list[float] = field(default_factory=list)  # seconds until an answer was acknowledged
    lost: int = 0


def measure(say: Say, plan: LoadPlan | None = None) -> Result:
    """Windows with desks that train and nobody else, and windows with the whole class, in turn."""
    plan = plan or LoadPlan()
    with tempfile.TemporaryDirectory() as temporary, crowds(2) as helpers:
        folder = Path(temporary)
        say(f"a class of {plan.viewers} with {plan.walled} desks")
        make_run(folder, TEACHERS, plan.settings)
        with _class(folder, plan) as (app, names):
            app.go(TEACHERS)
            for name in names:
                app.command(name, "resume")
            wait_until(lambda: all(app.summary(name)["batch"] for name in names), "all desks to train")
            return _measured(app, helpers, plan, say)


@contextmanager
def _class(folder: Path, plan: LoadPlan) -> Iterator[tuple[App, list[str]]]:
    """A server with a class that all students have joined, and the names of the first ones' runs."""
    classroom = Classroom(folder, Opening(Kind.CLASS))
    tokens = [classroom.join(classroom.code, f"Student {number}") for number in range(plan.viewers)]
    teacher = classroom.enter_as_teacher(classroom.key)
    owners = [student.id for student in classroom.students()[: plan.walled]]
    names = make_runs(folder, plan.settings.changed(pace=DESK_PACE), plan.walled, 1_000_000, owners)
    cookies = tuple(f"{classroom.cookie}={token}" for token in tokens)
    with running_app(folder, HANDLES, LIVEGAN_HOSTS="class.example") as app:
        yield replace(app, teacher=f"{classroom.cookie}={teacher}", students=cookies), names


def _measured(app: App, helpers: Crowds, plan: LoadPlan, say: Say) -> Result:
    alone, taught, loop = [], [], []
    lessons, seen, delays = list[Taught](), list[Watched](), list[float]()
    for number in range(plan.rounds):
        say(f"{plan.viewers} students in a lesson against none, round {number + 1} of {plan.rounds}")
        alone.append(rate(app, TEACHERS, plan.window)[0])
        with (
            helpers.there(watch, app.door, TEACHERS, plan.viewers) as crowd,
            helpers.there(teach, app.door, app.teacher, TEACHERS) as lesson,
        ):
            before = app.processor_seconds().get(app.pid, 0.0)
            speed, begin, end = rate(app, TEACHERS, plan.window)
            loop.append((app.processor_seconds().get(app.pid, 0.0) - before) / (end - begin))
        taught.append(speed)
        lessons += lesson
        seen += within(crowd[0], begin, end)
        delays += _delays(lesson[0], crowd[0], begin, end)
        wait_until(lambda: not app.connections(), "the students to be gone")
    if not delays:
        raise LiveGANError("No student was told where the teacher went.")
    wall = [size for lesson in lessons for size in lesson.wall]
    answered = [seconds for lesson in lessons for seconds in lesson.answered]
    result: Result = {
        "students": plan.viewers,
        "desks": plan.walled,
        "slowdown_percent": slowdown(alone, taught),
        "event_loop_share_of_a_core": spread(loop),
        "gap_ms": in_milliseconds(gaps(seen)),
        "follow_ms": in_milliseconds(delays),
        "answers": len(answered),
        "answers_lost": sum(lesson.lost for lesson in lessons),
        "answer_ms": in_milliseconds(answered),
        "wall_messages": len(wall),
        "wall_kb_per_message": round(sum(wall) / len(wall) / 1000, 1),
    }
    return result | {"missed": missed(result, LIMITS, {})}


def _delays(lesson: Taught, crowd: list[Watched], begin: float, end: float) -> list[float]:
    """Seconds from each move of the teacher until each student's page was told of it."""
    return [
        time_told - lesson.moves[step]
        for seen in crowd
        for time_told, step in seen.led
        if begin <= lesson.moves.get(step, 0.0) <= end
    ]


# --- what runs in a process of the crowd -----------------------------------------------------------------------------


def teach(door: Door, teacher: str, run: str, crowd: int) -> Taught:
    """Lead the class until told to leave; ready when the wall is there. `teacher`: the cookie."""

    async def lesson() -> Taught:
        taught, over = Taught(), asyncio.Event()
        wall = connect(
            f"ws://{door.address}/api/class/room/live", additional_headers={"Cookie": teacher}, **CONNECTIONS
        )
        with ThreadPoolExecutor(2) as teachers, ThreadPoolExecutor(len(door.cookies)) as students:  # nobody waits here
            async with wall as connection:
                taught.wall.append(len(await connection.recv()))
                looking = asyncio.create_task(_look(connection, taught))
                acts = [
                    asyncio.create_task(_move(door, teacher, run, taught, over, teachers)),
                    asyncio.create_task(_ask(door, teacher, taught, over, teachers, students)),
                ]
                await stay(crowd)
                over.set()
                await asyncio.gather(*acts)
                looking.cancel()
        return taught

    return asyncio.run(lesson())


async def _look(wall: ClientConnection, taught: Taught) -> None:
    async for message in wall:
        taught.wall.append(len(message))


async def _move(
    door: Door, teacher: str, run: str, taught: Taught, over: asyncio.Event, threads: ThreadPoolExecutor
) -> None:
    """Go to another step of a lesson again and again; its number tells the moves apart."""
    loop = asyncio.get_running_loop()
    while not over.is_set():
        step = len(taught.moves) + 1
        place = {"page": "train", "run": run, "step": step}
        taught.moves[step] = time.monotonic()
        await loop.run_in_executor(threads, _post, door, "lead", teacher, {"leader": TAB, "place": place})
        await asyncio.sleep(max(0.0, taught.moves[step] + MOVES_APART - time.monotonic()))
    await loop.run_in_executor(threads, _post, door, "lead", teacher, {"leader": None})


async def _ask(
    door: Door, teacher: str, taught: Taught, over: asyncio.Event, threads: ThreadPoolExecutor,
    students: ThreadPoolExecutor,
) -> None:  # fmt: skip
    """Ask one question after another; all students answer each."""
    loop = asyncio.get_running_loop()

    async def answer(question: str, number: int, cookie: str) -> None:
        await asyncio.sleep(ANSWERS_WITHIN * number / len(door.cookies))
        began = time.monotonic()
        body = {"answer": number % 3}
        done = await loop.run_in_executor(students, _post, door, f"question/{question}/answer", cookie, body)
        taught.answered.append(time.monotonic() - began)
        taught.lost += done.get("ok") is not True

    while not over.is_set():
        began = time.monotonic()
        question = (await loop.run_in_executor(threads, _post, door, "question", teacher, QUESTION))["id"]
        await asyncio.gather(*(answer(question, number, cookie) for number, cookie in enumerate(door.cookies)))
        await loop.run_in_executor(threads, _post, door, f"question/{question}", teacher, {"act": "close"})
        rest = began + QUESTIONS_APART - time.monotonic()
        if rest > 0:
            await asyncio.wait([asyncio.create_task(over.wait())], timeout=rest)


def _post(door: Door, path: str, cookie: str, body: dict[str, Any]) -> dict[str, Any]:
    """What a route of the class answers."""
    with closing(http.client.HTTPConnection(door.address, timeout=PATIENCE)) as connection:
        connection.request("POST", f"/api/class/{path}", json.dumps(body), {"Cookie": cookie})
        answer: dict[str, Any] = json.load(connection.getresponse())
        return answer
