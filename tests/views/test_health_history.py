"""The health of gradients on the way: measured beside the training, kept with the run, void where the run went back."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path
from typing import Any

import pytest
from helpers import BATCHES, SMALL, assert_same_bits, saved_state, wait_for
from random_settings import random_settings
from trainers import trained

from gan.recording import atomic_files
from gan.recording.atomic_files import DamagedRun
from gan.runs.queue import TrainingQueue
from gan.runs.run import Run
from gan.views import health_history, health_meter
from gan.views.gradient_health import health, health_of, measured
from gan.views.health_history import HealthHistory, HealthPoint, LayerSizes
from gan.views.health_meter import HealthMeter
from gan.views.memorised import memory_of
from gan.views.moment import Moment, capture, of_captured

LAYERS = (LayerSizes(10.0, 0.5, 0.01), LayerSizes(5.0, 0.25, 0.02))


def point(batch: int) -> HealthPoint:
    return HealthPoint(batch, LAYERS, LAYERS, 0.125, (1.0, None, -1.0), (0.75, None, 0.25))


def batches(of: HealthHistory) -> list[int]:
    return [one.batch for one in of.all]


def moment_of(seed: int) -> Moment:
    return of_captured(capture(trained(random_settings(seed), 2), moments=True))


@pytest.mark.parametrize("seed", range(6))
def test_a_point_holds_what_the_view_shows_of_its_batch(seed: int) -> None:
    now = moment_of(seed)
    kept = measured(now)
    assert kept is not None
    assert now.state is not None
    assert now.discriminator is not None
    found = health_of(now.settings, now.state, seed=now.batch)
    memory = memory_of(now.settings, now.played_dots, now.discriminator)
    for side, layers in (("g", kept.g), ("d", kept.d)):
        wanted = [(x.weights, x.gradient, x.update) for x in found.layers["g" if side == "g" else "d"]]
        assert layers == tuple(pytest.approx(sizes, rel=1e-3) for sizes in wanted)
    assert kept.pull == pytest.approx(found.image_gradient, rel=1e-3)
    assert kept.shares == pytest.approx((memory.share_training, memory.share_held_out, memory.share_generated))
    # later the weights alone are there: the view shows the point
    shown = health(dataclasses.replace(now, state=None, has_moments=False, history=(kept,)))
    assert shown.values["recorded"] == now.batch
    ratios = [layer["ratio"] for layer in shown.values["layers"]["g"]]
    assert ratios == pytest.approx([layer.ratio for layer in found.layers["g"]], rel=2e-3)
    assert shown.arrays["sizes"][1] == pytest.approx(ratios[0])


def test_what_was_not_kept_is_taken_from_the_last_point_on_the_way() -> None:
    now = dataclasses.replace(moment_of(2), state=None, has_moments=False)
    averaged = {f"averaged.{name.partition('.')[2]}": x for name, x in now.weights.items() if name[0] == "g"}
    kept = dataclasses.replace(now, weights=averaged)
    assert "was not kept" in health(kept).values["missing"]
    shown = health(dataclasses.replace(kept, history=(point(1), point(2)))).values
    assert (shown["recorded"], shown["image_gradient"], shown["way"]) == (2, 0.125, {"g": 2, "d": 2})


def test_no_point_is_kept_of_networks_that_are_not_finite() -> None:
    now = moment_of(1)
    assert now.state is not None
    broken = {name: x * math.nan if name.startswith("generator.") else x for name, x in now.state.items()}
    assert measured(dataclasses.replace(now, state=broken)) is None


# --- kept with the run -------------------------------------------------------------------------------------------


def test_a_run_keeps_its_health_and_its_bits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health_meter, "SHARE", 1e9)
    meter = HealthMeter()
    runs = [Run.new(tmp_path / name, SMALL, TrainingQueue(1), meter=with_it)
            for name, with_it in (("measured", meter), ("alone", None))]  # fmt: skip
    for run in runs:
        run.launch()
        wait_for(run, "finished")
        run.join()
    meter.close()
    assert_same_bits(saved_state(runs[0]), saved_state(runs[1]))
    kept = health_history.read(runs[0].folder)
    assert kept == runs[0].health.all
    assert 0 < len(kept) <= 2 * BATCHES
    assert all(len(one.g) == len(one.d) == 2 for one in kept)
    assert Run.open(runs[0].folder, TrainingQueue(1)).health.all == kept
    assert not (runs[1].folder / health_history.NAME).exists()


def test_it_is_due_ten_times_an_epoch_and_less_often_in_long_runs() -> None:
    assert [batch for batch in range(1, 101) if health_history.is_due(batch, 100)] == list(range(10, 101, 10))
    assert all(health_history.is_due(batch, 3) for batch in (1, 2, 3))
    due = [batch for batch in range(1, 100_001) if health_history.is_due(batch, 100)]
    assert len([batch for batch in due if batch > 90_000]) < health_history.MOST_POINTS
    assert due[-1] == 99_840  # every 64th tenth of an epoch


def test_a_long_run_keeps_points_that_are_evenly_spread(tmp_path: Path) -> None:
    kept = HealthHistory(tmp_path)
    for batch in range(10, 10_001, 10):
        kept.add(point(batch), kept.line, 100, rests=False)
    assert len(kept.all) == 250
    assert batches(kept) == list(range(40, 10_001, 40))
    kept.flush()
    assert HealthHistory(tmp_path).all == kept.all
    assert (tmp_path / health_history.NAME).stat().st_size < 100_000


def test_what_was_measured_of_a_future_that_is_void_is_forgotten(tmp_path: Path) -> None:
    kept = HealthHistory(tmp_path)
    for batch in (10, 30, 20):
        kept.add(point(batch), kept.line, 100, rests=True)
    taken = kept.line
    kept.go_back(20)
    assert batches(kept) == [10, 20] == batches(HealthHistory(tmp_path))
    kept.add(point(40), taken, 100, rests=True)  # of networks that were copied before
    assert batches(kept) == [10, 20]


def test_a_deleted_run_stays_deleted(tmp_path: Path) -> None:
    kept = HealthHistory(tmp_path / "run")
    kept.add(point(10), kept.line, 100, rests=True)
    assert not (tmp_path / "run").exists()


# --- a stranger's file -------------------------------------------------------------------------------------------


def forged(*changes: dict[str, Any]) -> bytes:
    """A file with a point for each, changed by somebody who can count checksums."""
    points = [dataclasses.asdict(point(10 * (i + 1))) | change for i, change in enumerate(changes)]
    text = json.dumps(points, separators=(",", ":"))
    return json.dumps({"points": points, "checksum": atomic_files.sha256(text.encode())}).encode()


def test_the_forger_of_these_tests_can_forge() -> None:
    assert health_history.unpacked(forged({}, {"pull": 2.0})) == (
        point(10), dataclasses.replace(point(20), pull=2.0),
    )  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [
        {"batch": 0}, {"batch": 10**9}, {"pull": -1.0}, {"pull": math.nan}, {"pull": math.inf}, {"g": []}, {"g": 3},
        {"d": [[1.0, 2.0]]}, {"d": [[1.0, 2.0, -3.0]]}, {"d": [[1.0, 2.0, 3.0]] * 11}, {"shares": [2.0, None, 0.0]},
        {"shares": [None, None, 0.0]}, {"outputs": [1.0, 2.0]}, {"outputs": [1e40, None, 0.0]}, {"surprise": 1},
    ],
)  # fmt: skip
def test_a_point_that_cannot_be_is_damage(change: dict[str, Any]) -> None:
    with pytest.raises(DamagedRun, match=r"^health\.json cannot be read"):
        health_history.unpacked(forged(change))


@pytest.mark.parametrize("change", [{"batch": 10}, {"g": [list(LAYERS[0])]}])
def test_points_that_do_not_belong_together_are_damage(change: dict[str, Any]) -> None:
    with pytest.raises(DamagedRun, match=r"not in order|change their layers"):
        health_history.unpacked(forged({}, change))


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"points": 1, "checksum": ""}', b"[" * 100_000])
def test_other_files_are_none(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(DamagedRun):
        health_history.unpacked(content)
    (tmp_path / health_history.NAME).write_bytes(content)
    assert health_history.read(tmp_path) == ()


def test_a_point_that_was_altered_is_found() -> None:
    content = health_history.packed([point(10), point(20)])
    with pytest.raises(DamagedRun):
        health_history.unpacked(content.replace(b"0.125", b"0.126"))
