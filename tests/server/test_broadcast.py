"""The live stream as its viewers get it: real WebSockets on a real server."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from helpers import ENDLESS, PATIENCE, SMALL, figures, wait_for_batch, wait_until
from serving import Server, decode, stalled
from websockets.exceptions import ConnectionClosed

from gan.data.grid import grid_png
from gan.errors import LiveGANError
from gan.recording.commands import Pause, Resume, SetKnobs, Step, Stop
from gan.recording.writer import RunWriter
from gan.runs.run import Run
from gan.server import broadcast, messages
from gan.server.application import the_application
from gan.server.broadcast import Channel

QUICK = 0.02  # seconds a tick, where the tick's length is not what is tested


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broadcast, "TICK", QUICK)


@pytest.fixture
def paused(server: Server) -> Iterator[Run]:
    """A run that trains only when it is told to."""
    run = server.registry.start(ENDLESS, paused=True)
    wait_until(lambda: run.snapshot().state == "paused")
    yield run
    finish(server, run)


@pytest.fixture
def training(server: Server) -> Iterator[Run]:
    run = server.registry.start(ENDLESS)
    wait_for_batch(run, 1)
    yield run
    finish(server, run)


def finish(server: Server, run: Run) -> None:
    """Remove the run; afterwards nothing of its stream may be left."""
    with contextlib.suppress(LiveGANError):
        server.registry.delete(run.name)
    wait_until(lambda: at_rest())


def at_rest() -> bool:
    """Whether the hub has no channel and no task."""
    the_hub = the_application().hub
    return not the_hub._channels and not the_hub._tasks


def channel(run: Run) -> Channel:
    return the_application().hub._channels[run.name]


def step(server: Server, run: Run, count: int = 1) -> None:
    """Train some batches."""
    before = run.snapshot().batch
    for _ in range(count):
        server.registry.command(run.name, Step())
    wait_until(lambda: (run.snapshot().batch, run.snapshot().state) == (before + count, "paused"))


def some_ticks(run: Run, count: int = 4) -> None:
    """Wait until this many ticks have passed."""
    start = channel(run)._ticks
    wait_until(lambda: channel(run)._ticks >= start + count)


class Count:
    """Calls a function and counts."""

    def __init__(self, function: Callable[..., bytes]) -> None:
        self.function = function
        self.calls = 0

    def __call__(self, *args: object) -> bytes:
        self.calls += 1
        return self.function(*args)


# --- what a viewer gets ------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("quick")
def test_rows_marks_and_grids_are_complete(server: Server, paused: Run) -> None:
    with server.view(paused.name) as viewer:
        assert viewer.take().kind == "catchup"
        assert viewer.run["state"] == "paused"
        server.registry.command(paused.name, Resume())
        viewer.until(lambda: viewer.batch >= 100 and viewer.grid_batch > 0)
        server.registry.command(paused.name, SetKnobs({"lr_g": 0.001, "dropout": 0.25}))
        viewer.until(lambda: viewer.marks)
        server.registry.command(paused.name, SetKnobs({"latent_dim": 11}))
        viewer.until(lambda: len(viewer.marks) == 3)
        server.registry.command(paused.name, Pause())
        viewer.until(lambda: viewer.run["state"] == "paused" and viewer.grid_batch == viewer.batch)
        assert viewer.catchups == 1
        assert viewer.take_all() == 0
        np.testing.assert_array_equal(viewer.rows, figures(paused))
    assert [(mark["knob"], mark["before"], mark["after"]) for mark in viewer.marks] == [
        ("lr_g", 0.0002, 0.001), ("dropout", 0.5, 0.25), ("latent_dim", 8, 11),
    ]  # fmt: skip
    assert viewer.run["settings"]["latent_dim"] == 11
    preview = paused.preview
    assert preview is not None
    assert viewer.grid == grid_png(preview.images)


@pytest.mark.usefixtures("quick")
def test_a_late_viewer_catches_up_without_disturbing_the_first(server: Server, paused: Run) -> None:
    with server.view(paused.name) as first:
        first.take()
        step(server, paused, 3)
        first.until_batch(3)
        some_ticks(paused)
        first.take_all()
        with server.view(paused.name) as second:
            frame = second.take()
            assert frame.kind == "catchup"
            np.testing.assert_array_equal(frame.blobs["d_loss.x"], [1, 2, 3])
            np.testing.assert_array_equal(frame.blobs["d_loss.y"], figures(paused)[:, 0])
            assert second.grid == first.grid
            assert first.take_all() == 0
            step(server, paused)
            for viewer in (first, second):
                viewer.until_batch(4)
                assert viewer.catchups == 1


@pytest.mark.usefixtures("quick")
def test_a_run_at_rest_sends_nothing(server: Server, paused: Run) -> None:
    step(server, paused)
    with server.view(paused.name) as viewer:
        viewer.until_batch(1)
        some_ticks(paused)
        viewer.take_all()
        some_ticks(paused, 2 * broadcast.IDLE_TICKS + 2)
        assert viewer.take_all() == 0
        server.registry.command(paused.name, Stop())
        viewer.until(lambda: viewer.run["state"] == "stopped")
        paused.join()
        some_ticks(paused)
        viewer.take_all()
        some_ticks(paused, 2 * broadcast.IDLE_TICKS + 2)  # it has looked at the disk
        assert viewer.take_all() == 0


def test_at_most_four_messages_a_second(server: Server, training: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    starts: list[float] = []
    tick = Channel._tick

    async def timed(self: Channel) -> None:
        starts.append(asyncio.get_running_loop().time())
        await tick(self)

    monkeypatch.setattr(Channel, "_tick", timed)
    with server.view(training.name) as viewer:
        viewer.until(lambda: len(starts) >= 5)
    assert broadcast.TICK == 0.25
    assert min(np.diff(starts)) >= broadcast.TICK - 0.001  # the clock's own grain


@pytest.mark.usefixtures("quick")
def test_one_encode_a_tick_whatever_the_number_of_viewers(
    server: Server, paused: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    with contextlib.ExitStack() as stack:
        viewers = [stack.enter_context(server.view(paused.name)) for _ in range(10)]
        for viewer in viewers:
            viewer.take()
        some_ticks(paused)
        deltas, catchups = Count(messages.delta), Count(messages.catchup)
        monkeypatch.setattr(messages, "delta", deltas)
        monkeypatch.setattr(messages, "catchup", catchups)
        ticks = channel(paused)._ticks
        step(server, paused, 5)
        for viewer in viewers:
            viewer.until_batch(5)
        assert 1 <= deltas.calls <= channel(paused)._ticks - ticks
        assert catchups.calls == 0


# --- viewers that misbehave --------------------------------------------------------------------------------------


@pytest.mark.usefixtures("quick")
def test_a_viewer_that_does_not_read_is_no_burden_and_catches_up(
    server: Server, training: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    offered: list[bytes] = []
    offer = broadcast.Viewer.offer
    with server.view(training.name) as good, stalled(server, training.name) as lazy:
        good.take()
        wait_until(lambda: len(channel(training).viewers) == 2)
        good.until(lambda: any(viewer.busy and viewer.behind for viewer in channel(training).viewers))
        (stuck,) = [viewer for viewer in channel(training).viewers if viewer.behind]

        def watched(viewer: broadcast.Viewer, message: bytes, now: float) -> None:
            if viewer is stuck:
                offered.append(message)
            offer(viewer, message, now)

        monkeypatch.setattr(broadcast.Viewer, "offer", watched)
        catchups = Count(messages.catchup)
        monkeypatch.setattr(messages, "catchup", catchups)
        until = good.batch + 200
        good.until(lambda: good.batch >= until)
        assert good.catchups == 1
        assert stuck.busy
        assert stuck.behind
        assert offered == []  # nothing is queued for it, and nothing is encoded for it
        assert catchups.calls == 0

        lazy.settimeout(PATIENCE)
        received = websocket_messages(lazy)
        batch = -1
        kinds: list[str] = []
        while "catchup" not in kinds[1:]:
            frame = decode(next(received))
            kinds.append(frame.kind)
            assert frame.kind == "catchup" or frame.header["from"] == batch
            batch = frame.batch
        assert kinds[0] == "catchup"
        assert batch >= until
        assert decode(next(received)).header["from"] == batch


def websocket_messages(connection: socket.socket) -> Iterator[bytes]:
    """The unfragmented messages that a server sends over a bare socket, after its answer to the handshake."""
    with connection.makefile("rb") as stream:
        while stream.readline() != b"\r\n":
            pass
        while True:
            kind, size = struct.unpack("!BB", stream.read(2))
            if size == 126:
                (size,) = struct.unpack("!H", stream.read(2))
            elif size == 127:
                (size,) = struct.unpack("!Q", stream.read(8))
            content = stream.read(size)
            if kind & 0x0F in (1, 2):  # text or binary; on a slow machine a ping comes, too
                yield content


@pytest.mark.usefixtures("quick")
def test_a_viewer_that_never_reads_again_is_let_go(
    server: Server, training: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broadcast, "STUCK", 0.2)
    with stalled(server, training.name):
        wait_until(lambda: not at_rest())
        wait_until(at_rest)


@pytest.mark.usefixtures("quick")
def test_viewers_that_vanish_leave_nothing_behind(server: Server, training: Run) -> None:
    with server.view(training.name) as good:
        good.take()
        crowd = [stalled(server, training.name) for _ in range(20)]
        wait_until(lambda: len(channel(training).viewers) == 21)
        for connection in crowd:  # a reset instead of a goodbye
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()
        wait_until(lambda: len(channel(training).viewers) == 1)
        batch = good.batch
        good.until(lambda: good.batch > batch)
        assert good.catchups == 1
    wait_until(at_rest)


@pytest.mark.usefixtures("quick")
def test_viewers_that_come_and_go_in_a_loop(server: Server, training: Run) -> None:
    def come_and_go() -> None:
        for _ in range(10):
            with server.view(training.name) as viewer:
                assert viewer.take().kind == "catchup"

    crowd = [threading.Thread(target=come_and_go) for _ in range(5)]
    with server.view(training.name) as good:
        for thread in crowd:
            thread.start()
        for thread in crowd:
            thread.join()
        batch = good.batch
        good.until(lambda: good.batch > batch)
        assert good.catchups == 1
    wait_until(at_rest)


def test_newcomers_are_served_in_the_order_in_which_they_came_some_a_tick(
    server: Server, paused: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broadcast, "ADMITTED_A_TICK", 2)

    async def send(_message: bytes) -> None:
        raise AssertionError("nobody serves these viewers")

    async def three_ticks() -> list[list[bool]]:
        stream, viewers = Channel(server.registry, paused.name), [broadcast.Viewer(send) for _ in range(5)]
        stream.viewers = dict.fromkeys(viewers)
        waiting = []
        for _ in range(3):
            await stream._tick()
            waiting.append([viewer.new for viewer in viewers])
        return waiting

    first, second, third = asyncio.run(three_ticks())
    assert first == [False, False, True, True, True]
    assert second == [False, False, False, False, True]
    assert not any(third)


@pytest.mark.usefixtures("quick")
def test_what_a_viewer_says_is_ignored(server: Server, paused: Run) -> None:
    with server.view(paused.name) as viewer:
        viewer.take()
        viewer.connection.send("hello " * 10_000)
        viewer.connection.send(b"\0" * 100_000)
        step(server, paused)
        viewer.until(lambda: viewer.batch == 1)


# --- runs that change under their viewers ------------------------------------------------------------------------


@pytest.mark.usefixtures("quick")
def test_a_deleted_run_says_goodbye(server: Server, training: Run) -> None:
    with server.view(training.name) as viewer:
        viewer.take()
        server.registry.delete(training.name)
        while (frame := viewer.take()).kind != "gone":
            pass
        assert frame.header["message"] == f"There is no run named {training.name!r}."
        with pytest.raises(ConnectionClosed) as closed:
            viewer.take()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1000


@pytest.mark.usefixtures("quick")
def test_a_run_remade_under_its_name_is_caught_up_with(
    server: Server, paused: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch, server.view(paused.name) as viewer:
        viewer.take()
        step(server, paused, 4)
        viewer.until(lambda: viewer.batch == 4)
        looked, catchups = channel(paused)._ticks, viewer.catchups
        patch.setattr(
            broadcast, "IDLE_TICKS", 10**9
        )  # it does not look between the two, or it would rightly say goodbye
        wait_until(lambda: channel(paused)._ticks > looked + 1)
        server.registry.delete(paused.name)
        again = server.registry.start(ENDLESS.changed(seed=7), paused.name)
        patch.undo()
        patch.setattr(broadcast, "TICK", QUICK)
        server.registry.command(again.name, Pause())
        viewer.until(lambda: viewer.run["settings"]["seed"] == 7 and viewer.run["state"] == "paused")
        assert viewer.catchups > catchups  # another one, if it was still busy with the first
        step(server, again, 2)
        viewer.until(lambda: viewer.batch == again.snapshot().batch and viewer.grid_batch == viewer.batch)
        np.testing.assert_array_equal(viewer.rows, figures(again)[viewer.first :])


@pytest.mark.usefixtures("quick")
def test_a_run_that_goes_back_to_its_checkpoint_is_caught_up_with(
    server: Server, paused: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    step(server, paused, 2)
    with server.view(paused.name) as viewer:
        viewer.until(lambda: viewer.batch == 2 and viewer.grid is not None)
        monkeypatch.setattr(RunWriter, "write_checkpoint", lambda *args, **changes: None)
        step(server, paused, 3)
        viewer.until(lambda: viewer.batch == 5 and viewer.grid_batch == 5)
        server.registry.command(paused.name, Stop())
        paused.join()
        monkeypatch.undo()
        monkeypatch.setattr(broadcast, "TICK", QUICK)
        server.registry.command(paused.name, Step())  # from the checkpoint at batch 2
        viewer.until(lambda: viewer.batch == 3 and viewer.run["state"] == "paused")
        assert viewer.catchups == 2
        step(server, paused, 4)
        viewer.until(lambda: viewer.batch == 7)
        np.testing.assert_array_equal(viewer.rows, figures(paused)[viewer.first :])


@pytest.mark.usefixtures("quick")
def test_new_latent_numbers_bring_a_new_grid_at_the_same_batch(server: Server, paused: Run) -> None:
    step(server, paused)
    with server.view(paused.name) as viewer:
        viewer.until(lambda: viewer.grid_batch == 1)
        old = viewer.grid
        server.registry.command(paused.name, SetKnobs({"latent_dim": 20}))
        viewer.until(lambda: viewer.grid != old)
        assert (viewer.batch, viewer.grid_batch) == (1, 1)
        assert [mark["after"] for mark in viewer.marks] == [20]


@pytest.mark.usefixtures("quick")
def test_a_run_opened_from_disk_and_resumed(server: Server, tmp_path: Path) -> None:
    run = server.registry.start(SMALL)
    run.join()
    assert run.snapshot().state == "finished"
    server.registry._runs.by_name.pop(run.name)  # as after a restart of the server
    with server.view(run.name) as viewer:
        assert viewer.take().kind == "catchup"
        assert viewer.batch == run.snapshot().batch
        assert viewer.grid == run.grid(None)
        server.registry.command(run.name, SetKnobs({"epochs": 3}))
        server.registry.resume(run.name)
        viewer.until(lambda: viewer.run["state"] == "finished" and viewer.run["epoch"] == 3)
        again = server.registry.get(run.name)
        np.testing.assert_array_equal(viewer.rows, figures(again)[viewer.first :])
    finish(server, again)


@pytest.mark.usefixtures("quick")
def test_a_run_that_becomes_damaged_says_so(server: Server, paused: Run) -> None:
    step(server, paused)
    server.registry.command(paused.name, Stop())
    paused.join()
    with server.view(paused.name) as viewer:
        viewer.take()
        for name in ("run.json", "previous.json"):
            (paused.folder / name).write_text("{")
        while (frame := viewer.take()).kind != "gone":
            pass
        assert "is damaged: run.json cannot be read" in frame.header["message"]


@pytest.mark.usefixtures("quick")
def test_an_error_in_the_stream_is_logged_once_and_its_viewers_may_come_back(
    server: Server, paused: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    step(server, paused)
    with monkeypatch.context() as patch, server.view(paused.name) as viewer:
        viewer.take()
        patch.setattr(messages, "delta", lambda *_: 1 / 0)
        step(server, paused)
        with pytest.raises(ConnectionClosed):
            viewer.until(lambda: False)
    (line,) = server.log.lines
    server.log.lines.clear()
    assert line.startswith(f"The live stream of run {paused.name} broke off")
    with server.view(paused.name) as viewer:
        assert viewer.take().batch == 2
