"""The next batch in slow motion, on a real server: it is the one that the run then trains and records."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from helpers import BATCHES, ENDLESS, SMALL, step, wait_for, wait_until
from serving import Server, sentence

from gan.recording.commands import SetKnobs, Step, Stop
from gan.recording.metric_history import METRICS
from gan.runs.run import Run
from gan.runs.trim import trim_run

CHECKPOINTS = Path(__file__).parents[2] / "checkpoints"


@pytest.fixture
def reference(server: Server) -> Iterator[Run]:
    """A paused run that trains through the reference step."""
    run = server.registry.start(ENDLESS.changed(step="reference"), paused=True)
    wait_for(run, "paused")
    yield run
    server.registry.delete(run.name)


def traced(server: Server, run: Run, learns: str = "both") -> dict[str, Any]:
    response = server.get(f"/api/runs/{run.name}/next-batch?learns={learns}")
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


def metrics(trace: dict[str, Any]) -> list[float]:
    return [trace["stages"][-1]["shown"][name] for name in METRICS]


def test_the_batch_that_is_shown_is_the_one_that_the_run_trains_and_records(server: Server, reference: Run) -> None:
    run = reference
    for number, (learns, command) in enumerate([("both", Step()), ("d", Step("d")), ("g", Step("g"))], start=1):
        trace = traced(server, run, learns)
        assert (trace["batch"], trace["learns"]) == (number, learns)
        step(run, 1, command.only)
        assert run.series.rows(number - 1, number).tolist() == [pytest.approx(metrics(trace), rel=1e-7)]
    assert [each.command for each in run.record.so_far()] == [Step(), Step("d"), Step("g")]


def test_it_follows_the_knobs_that_were_turned(server: Server, paused: Run) -> None:
    first = traced(server, paused)
    assert traced(server, paused) == first
    server.registry.command(paused.name, SetKnobs({"latent_dim": 5}))
    wait_until(lambda: paused.snapshot().settings.latent_dim == 5)
    second = traced(server, paused)
    assert second["stages"][0]["shown"]["z_shape"] == [512, 5]
    assert second["settings"]["latent_dim"] == 5


def test_a_run_that_rests_is_stepped_through_from_its_files(server: Server, reference: Run) -> None:
    run = reference
    step(run, 2)
    server.registry.command(run.name, Stop())
    run.join()
    trace = traced(server, run)
    assert run.snapshot().state == "stopped"  # nobody woke it
    step(run, 1)
    assert run.series.rows(2, 3).tolist() == [pytest.approx(metrics(trace), rel=1e-7)]


def test_the_batch_after_an_epoch_with_a_full_state_is_the_one_that_the_run_trained(server: Server) -> None:
    settings = SMALL.changed(step="reference", epochs=3, full_every=1, d_steps=2)
    run = server.registry.start(settings, "whole")
    run.join()
    for epoch in (1, 2):
        trace = traced(server, run, f"both&epoch={epoch}")
        assert (trace["kind"], trace["epoch"], trace["batch"]) == ("state", epoch, epoch * BATCHES + 1)
        row = run.series.rows(epoch * BATCHES, epoch * BATCHES + 1).tolist()
        assert row == [pytest.approx(metrics(trace), rel=1e-7)]


@pytest.mark.parametrize("name", ["lecture", "sharp", "chosen"])
def test_of_a_shipped_run_a_batch_with_its_last_weights_is_shown(server: Server, name: str) -> None:
    shutil.copytree(CHECKPOINTS / name, server.folder / name)
    run = server.registry.get(name)
    epoch = run.snapshot().epoch
    trace = traced(server, run, f"both&epoch={epoch}")
    assert (trace["kind"], trace["batch"]) == ("weights", run.snapshot().batch + 1)
    last = run.series.rows(run.snapshot().batch - 100, run.snapshot().batch).mean(axis=0)
    assert metrics(trace)[:2] == pytest.approx(last[:2], abs=0.15)  # they are those of a pair that has trained


def test_an_epoch_without_its_discriminator_has_no_next_batch(server: Server) -> None:
    shutil.copytree(CHECKPOINTS / "lecture", server.folder / "trimmed")
    trim_run(server.folder / "trimmed", {1, 100})
    response = server.get("/api/runs/trimmed/next-batch?epoch=1")
    assert response.status_code == 404
    assert "discriminator of epoch 1 was not kept" in sentence(response)


def test_a_run_without_a_next_batch_says_why_and_what_to_do(server: Server, finished: Run) -> None:
    response = server.get("/api/runs/finished/next-batch")
    assert response.status_code == 409
    assert "raise Epochs" in sentence(response)
    assert "branch" in sentence(response)


def test_a_run_that_trains_is_to_be_paused_first(server: Server) -> None:
    run = server.registry.start(ENDLESS)
    wait_for(run, "running")
    response = server.get(f"/api/runs/{run.name}/next-batch")
    assert response.status_code == 409
    assert sentence(response) == "The run is training; pause it to step through its next batch."
    server.registry.delete(run.name)


@pytest.mark.parametrize("learns", ["", "nobody", "d,g"])
def test_who_learns_must_be_one_of_three(server: Server, still: Run, learns: str) -> None:
    response = server.get(f"/api/runs/still/next-batch?learns={learns}")
    assert response.status_code == 400
    assert "both, d, g" in sentence(response)
