"""The registry: many runs, started, listed, named and ended, and none in the way of the others."""

from __future__ import annotations

import numpy as np
import pytest
from helpers import (
    BATCHES,
    ENDLESS,
    SMALL,
    assert_as_if_in_one_go,
    figures,
    step,
    wait_for,
    wait_for_batch,
    wait_until,
)
from running import OpenRegistry, states

from gan.errors import Busy, LiveGANError
from gan.recording import atomic_files
from gan.recording.commands import Resume, SetKnobs, Step, Stop
from gan.recording.replay import replay_run
from gan.runs import active_limit

# --- start, list, end --------------------------------------------------------------------------------------------


def test_runs_are_listed_newest_first_with_where_they_stand(open_registry: OpenRegistry) -> None:
    one = open_registry()
    first = one.start(SMALL, "first")
    wait_for(first, "finished")
    one.start(ENDLESS, "second", paused=True)
    wait_until(lambda: states(one) == {"second": "paused", "first": "finished"})
    newest, oldest = one.summaries()
    assert (newest.name, oldest.name) == ("second", "first")
    assert (oldest.batch, oldest.epoch, oldest.epochs, oldest.batches) == (2 * BATCHES, 2, 2, 2 * BATCHES)
    assert oldest.seconds > 0
    assert oldest.size == pytest.approx(atomic_files.size(one.folder / "first"), rel=0.05)
    assert (oldest.parent, oldest.branched_at) == (None, None)
    assert one.get("first").snapshot().batch == 2 * BATCHES


def test_closing_writes_a_checkpoint_of_every_run_and_they_go_on_elsewhere(open_registry: OpenRegistry) -> None:
    one = open_registry()
    training, paused = one.start(ENDLESS, "training"), one.start(ENDLESS, "paused", paused=True)
    wait_for_batch(training, 5)
    one.command("training", SetKnobs({"lr_g": 0.01}))
    wait_for(paused, "paused")
    one.close()
    assert not training.active
    assert training.snapshot().state == "interrupted"

    two = open_registry()
    assert states(two) == {"training": "interrupted", "paused": "interrupted"}
    again = two.get("training")
    assert again.snapshot().batch == training.snapshot().batch
    assert again.snapshot().marks == training.snapshot().marks
    np.testing.assert_array_equal(figures(again), figures(training))
    two.resume("training")
    wait_for_batch(again, training.snapshot().batch + BATCHES)
    two.command("training", Stop())
    wait_until(lambda: not again.active)
    assert_as_if_in_one_go(again)


def test_runs_beyond_those_that_may_wait_are_refused_until_one_is_stopped(
    open_registry: OpenRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(active_limit, "MAX_ACTIVE", 2)
    one = open_registry(limit=1)
    done = one.start(SMALL, "done")
    wait_for(done, "finished")
    wait_for(one.start(ENDLESS, "trains"), "running")
    one.start(ENDLESS, "waits")
    for act in (
        lambda: one.start(ENDLESS, "more"),
        lambda: one.command("done", Step()),
        lambda: one.branch("done", 1, {}),
    ):
        with pytest.raises(Busy, match=r"^2 runs train, rest or wait already; stop one of them first\.$"):
            act()
    one.command("done", Stop())  # it rests, and this wakes nobody
    one.command("waits", Stop())
    wait_until(lambda: not one.get("waits").active)
    one.start(ENDLESS, "more")
    assert set(states(one)) == {"done", "trains", "waits", "more"}


def test_the_limit_lets_the_second_wait_visibly(open_registry: OpenRegistry) -> None:
    one = open_registry(limit=1)
    first = one.start(ENDLESS, "first")
    second = one.start(ENDLESS, "second")
    wait_for_batch(first, 1)
    wait_until(lambda: one.summaries()[0].message.startswith("It is next in the queue; "))
    assert states(one) == {"first": "running", "second": "queued"}
    one.command("first", Stop())
    wait_for_batch(second, 1)
    wait_until(lambda: states(one) == {"first": "stopped", "second": "running"})


@pytest.mark.parametrize("state", ["running", "paused", "queued", "stopped"])
def test_a_deleted_run_is_gone_whatever_it_did(open_registry: OpenRegistry, state: str) -> None:
    one = open_registry(limit=1)
    if state == "queued":
        wait_for_batch(one.start(ENDLESS, "other"), 1)
    run = one.start(ENDLESS, "demo", paused=state == "paused")
    if state == "stopped":
        one.command("demo", Stop())
    wait_until(lambda: states(one)["demo"] == state)
    one.delete("demo")
    assert "demo" not in states(one)
    assert not (one.folder / "demo").exists()
    assert not run.active
    for act in (
        lambda: one.get("demo"),
        lambda: one.resume("demo"),
        lambda: one.delete("demo"),
        lambda: one.pack("demo"),
    ):
        with pytest.raises(LiveGANError, match=r"^There is no run named 'demo'\.$"):
            act()
    wait_for_batch(one.start(ENDLESS, "demo") if state != "queued" else one.get("other"), 1)  # its name is free again


def test_the_fast_step_is_refused_what_it_cannot_train(open_registry: OpenRegistry) -> None:
    one, settings = open_registry(), SMALL.changed(step="fast", minibatch_std="on")
    refused = (
        r"^The fast step has no penalties together with the minibatch standard deviation; leave the penalties at 0, or "
        r"start a run with the step auto\.$"
    )
    with pytest.raises(LiveGANError, match=refused):
        one.start(settings.changed(r1_gamma=1.0), "refused")
    assert states(one) == {}
    run = one.start(settings.changed(epochs=1), "demo")
    wait_for(run, "finished")
    with pytest.raises(LiveGANError, match=refused):
        one.command("demo", SetKnobs({"r2_gamma": 1.0}))
    with pytest.raises(LiveGANError, match=refused):
        one.branch("demo", 1, {"r1_gamma": 1.0})
    assert states(one) == {"demo": "finished"}


def test_a_penalty_changes_the_step_of_a_run_that_may_choose_it_and_replays(open_registry: OpenRegistry) -> None:
    run = open_registry().start(SMALL.changed(minibatch_std="on", epochs=2), "demo", paused=True)
    step(run, 4)
    run.command(SetKnobs({"r1_gamma": 1.0}))
    step(run, 4)
    run.command(SetKnobs({"r1_gamma": 0.0}))
    run.command(Resume())
    wait_for(run, "finished")
    run.join()
    assert replay_run(run.folder).weights_equal is True


def test_commands_are_passed_on_and_refusals_are_one_sentence(open_registry: OpenRegistry) -> None:
    one = open_registry()
    run = one.start(ENDLESS, "demo", paused=True)
    one.command("demo", Step())
    wait_until(lambda: (run.snapshot().state, run.snapshot().batch) == ("paused", 1))
    with pytest.raises(LiveGANError, match=r"^Dropout \(dropout\) is 2; it must be a number from 0 to 0.95\.$"):
        one.command("demo", SetKnobs({"dropout": 2}))
    with pytest.raises(LiveGANError, match=r"^There is no run named '\.\./demo'\.$"):
        one.command("../demo", Step())
