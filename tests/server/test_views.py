"""Views as pages get them: followed by a WebSocket, asked for at one moment, computed once for all."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from helpers import ENDLESS, PATIENCE, SMALL, step, wait_until
from serving import Frame, Server, decode, sentence
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection

from gan.recording import checkpoint, epochs
from gan.recording.commands import Resume, SetKnobs
from gan.recording.run_file import read_run_file
from gan.runs.run import Run
from gan.runs.trim import trim_run
from gan.server import moments, view_hub
from gan.server.application import the_application
from gan.server.view_hub import Wanted
from gan.views import catalogue
from gan.views.figures import Figures
from gan.views.moment import Moment


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ticks whose length is not what is tested."""
    monkeypatch.setattr(view_hub, "TICK", 0.02)
    monkeypatch.setattr(view_hub, "SHARE", 1.0)
    monkeypatch.setattr(moments, "FRESH", 0.02)
    monkeypatch.setattr(moments, "COPYING", 1.0)


@pytest.fixture(autouse=True)
def nothing_left(server: Server) -> Iterator[None]:
    yield
    wait_until(lambda: not the_application().views._channels and not the_application().views._tasks)


def path(name: str, view: str) -> str:
    return f"/api/runs/{name}/views/{view}"


def take(connection: ClientConnection) -> Frame:
    message = connection.recv(timeout=PATIENCE)
    assert isinstance(message, bytes)
    return decode(message)


def ask(server: Server, name: str, view: str) -> Frame:
    answer = server.get(path(name, view))
    assert answer.status_code == 200, answer.text
    return decode(answer.content)


def test_a_view_of_a_run_at_rest_comes_once_and_again_when_the_run_has_changed(server: Server, paused: Run) -> None:
    with server.watch(path(paused.name, "outputs")) as viewer:
        first = take(viewer)
        assert (first.header["view"], first.header["batch"]) == ("outputs", 0)
        assert first.blobs["real"].shape == first.blobs["generated"].shape == (500,)
        step(paused, 1)
        assert take(viewer).header["batch"] == 1  # nothing came in between
        paused.command(SetKnobs({"latent_dim": 11}))  # changes the networks between two batches
        assert take(viewer).header["batch"] == 1


def test_viewers_of_the_same_view_share_its_computation(
    server: Server, paused: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    computed: list[int] = []

    def compute(moment: Moment, _parameters: Any) -> Figures:
        computed.append(moment.batch)
        return Figures({"noise": moment.fixed_noise.shape[1]}, {})

    monkeypatch.setitem(catalogue.VIEWS, "outputs", catalogue.View(compute))
    with server.watch(path(paused.name, "outputs")) as one, server.watch(path(paused.name, "outputs")) as other:
        assert take(one).header == take(other).header
        step(paused, 1)
        assert take(one).header == take(other).header
        with server.watch(path(paused.name, "outputs")) as late:
            assert take(late).header["noise"] == SMALL.latent_dim
    assert computed == [0, 1]


def test_a_run_that_trains_is_followed_until_it_ends(server: Server) -> None:
    run = server.registry.start(SMALL)
    with server.watch(path(run.name, "map")) as viewer:
        batch = -1
        while batch < run.snapshot().epochs * run.snapshot().batches_per_epoch:
            frame = take(viewer)
            assert frame.header["batch"] > batch
            batch = frame.header["batch"]
    server.registry.delete(run.name)


def test_the_newest_weights_and_an_epoch_are_asked_for_without_a_socket(server: Server, finished: Run) -> None:
    newest = ask(server, "finished", "verdicts")
    last = ask(server, "finished", f"verdicts?epoch={finished.snapshot().epoch}")
    assert newest.header["batch"] == last.header["batch"] == finished.snapshot().batch
    np.testing.assert_allclose(newest.blobs["outputs"], last.blobs["outputs"], atol=1e-5)
    first = ask(server, "finished", "verdicts?epoch=1")
    assert first.header["epoch"] == 1
    assert not np.array_equal(first.blobs["outputs"], last.blobs["outputs"])
    tag = server.get(path("finished", "verdicts?epoch=1")).headers["etag"]
    assert server.get(path("finished", "verdicts?epoch=1"), if_none_match=tag).status_code == 304


def test_a_discriminator_that_is_not_kept_is_named(server: Server) -> None:
    run = server.registry.start(SMALL.changed(epochs=2), "trimmed")
    run.join()
    trim_run(run.folder, {1, 2})
    for view in ("outputs?epoch=1", "verdicts?epoch=1", "explanation?image=3&epoch=1"):
        text = ask(server, "trimmed", view).header["missing"]
        assert text == "The discriminator of epoch 1 was not kept, only the generator."
    assert "points" in ask(server, "trimmed", "map?epoch=1").blobs
    assert "outputs" in ask(server, "trimmed", "verdicts?epoch=2").blobs


def test_discriminators_that_are_trimmed_with_the_rest_are_kept_if_asked_for(server: Server) -> None:
    run = server.registry.start(SMALL.changed(epochs=3, ema_decay=0.9), "both")
    run.join()
    before, _, _ = epochs.read(run.folder, 1)
    trim_run(run.folder, {1, 3}, half=True, discriminators=True)
    assert [(kept.epoch, kept.discriminator) for kept in epochs.list_kept(run.folder)] == [(1, True), (3, True)]
    after, _, _ = epochs.read(run.folder, 1)
    assert {name.split(".")[0] for name in after} == {"averaged", "discriminator"}
    torch.testing.assert_close(after, {name: before[name].half().float() for name in after})
    for view in ("outputs", "verdicts", "explanation", "overview", "units"):
        assert "missing" not in ask(server, "both", f"{view}?epoch=1").header, view


@pytest.mark.parametrize(
    ("view", "status", "text"),
    [
        ("nonsense", 404, "There is no such view."),
        ("explanation?image=64", 400, "The parameter image must be a whole number from 0 to 63."),
        ("explanation?image=x", 400, "The parameter image must be a whole number from 0 to 63."),
        ("dots", 400, "The parameter dots must be 1 to 64 whole numbers from 0 to 499, separated by commas."),
        ("dots?dots=500", 400, "The parameter dots must be 1 to 64 whole numbers from 0 to 499, separated by commas."),
        ("map?epoch=-1", 400, "The parameter epoch must be a whole number from 0 to 10000."),
    ],
)
def test_what_cannot_be_shown_is_refused_in_a_sentence(
    server: Server, finished: Run, view: str, status: int, text: str
) -> None:
    answer = server.get(path("finished", view))
    assert (answer.status_code, sentence(answer)) == (status, text)


def test_an_epoch_of_which_nothing_is_kept_has_no_figures(server: Server, finished: Run) -> None:
    frame = ask(server, "finished", "map?epoch=0")  # no error: a replay passes it, and the console stays clean
    assert frame.header["missing"] == "This epoch cannot be shown: no weights are kept of epoch 0 or before."
    assert not frame.blobs


def test_a_stream_of_no_view_or_no_run_is_refused(server: Server, finished: Run) -> None:
    for address in (path("finished", "nonsense"), path("finished", "dots?dots=a"), path("nobody", "map")):
        with pytest.raises(InvalidStatus), server.watch(address):
            pass


def test_a_run_that_is_deleted_ends_its_views(server: Server) -> None:
    run = server.registry.start(ENDLESS, paused=True)
    wait_until(lambda: run.snapshot().state == "paused")
    with server.watch(path(run.name, "verdicts")) as viewer:
        take(viewer)
        server.registry.delete(run.name)
        frame = take(viewer)
        while frame.kind != "gone":
            frame = take(viewer)
    assert run.name in frame.header["message"]


def test_different_views_are_limited(server: Server, still: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(view_hub, "MAX_VIEW_CHANNELS", 2)
    with server.watch(path("still", "dots?dots=1")) as one, server.watch(path("still", "dots?dots=2")) as two:
        take(one)
        take(two)
        with pytest.raises(InvalidStatus), server.watch(path("still", "dots?dots=3")):
            pass
        with server.watch(path("still", "dots?dots=2")) as third:
            take(third)


def test_views_take_a_share_of_the_time_only(monkeypatch: pytest.MonkeyPatch, server: Server) -> None:
    hub = the_application().views
    monkeypatch.setattr(view_hub, "SHARE", 0.1)
    for number, cost in enumerate((0.03, 0.05)):
        wanted = Wanted("map", number)
        channel = view_hub.ViewChannel(hub, "run", wanted)
        channel._times.extend((9.0, cost, cost))  # the first one was slow for once
        monkeypatch.setitem(hub._channels, ("run", wanted), channel)
    assert hub.interval() == pytest.approx(0.8)
    assert view_hub.ViewChannel(hub, "run", Wanted("map", 1)).cost == 0.05  # of viewers who come back it is known


def test_a_run_that_is_watched_has_the_same_bits(server: Server) -> None:
    settings = SMALL.changed(epochs=4, ema_decay=0.9)
    alone = server.registry.start(settings, "alone")
    alone.join()
    watched = server.registry.start(settings, "watched", paused=True)
    views = ["map", "outputs", "verdicts", "explanation?image=1", "dots?dots=4"]
    with contextlib.ExitStack() as stack:
        viewers = [stack.enter_context(server.watch(path("watched", view))) for view in views]
        for batch in range(12):
            for viewer in viewers:
                while take(viewer).header["batch"] < batch:
                    pass
            step(watched, 1)
        watched.command(Resume())
        watched.join()
    after, expected = (state(run) for run in (watched, alone))
    assert after.keys() == expected.keys()
    assert all(torch.equal(after[name], value) for name, value in expected.items())
    batches = watched.snapshot().batch
    np.testing.assert_array_equal(watched.series.rows(0, batches), alone.series.rows(0, batches))


def state(run: Run) -> dict[str, torch.Tensor]:
    return checkpoint.read_state(run.folder, read_run_file(run.folder).newest)
