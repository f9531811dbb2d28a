"""A run's figures as CSV and Parquet, and as a TensorBoard event file."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet
import pytest
from exporting import Moves, exported, write_run
from helpers import BATCHES, SMALL, score_of
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.backend.event_processing.plugin_event_accumulator import EventAccumulator as TensorAccumulator

from gan.quality import scores
from gan.recording import epochs
from gan.recording.metric_history import METRICS, Rows
from gan.runs.queue import TrainingQueue
from gan.runs.run import Run
from gan.settings import parse

MOVED: Moves = (
    (3, {"lr_g": 0.01}),
    (3, {"dropout": 0.1}),
    (20, {"latent_dim": 3, "label_smoothing": 0.1}),
    (30, {"epochs": 9}),
)
TAGS = ("loss/discriminator", "loss/generator", "accuracy/real", "accuracy/fake")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Rows]:
    """Two epochs and a bit, knobs moved."""
    folder = tmp_path_factory.mktemp("runs") / "table"
    return folder, write_run(folder, SMALL, 2 * BATCHES + 5, MOVED)


def check_table(frame: pd.DataFrame, rows: Rows) -> None:
    assert list(frame) == [
        "batch", "epoch", *METRICS, "lr_g", "lr_d", "dropout", "latent_dim", "label_smoothing",
    ]  # fmt: skip
    assert frame["batch"].tolist() == list(range(1, len(rows) + 1))
    assert frame["epoch"].tolist() == [1] * BATCHES + [2] * BATCHES + [3] * 5
    for index, name in enumerate(METRICS):
        assert np.array_equal(frame[name].to_numpy(np.float32), rows[:, index])
    count = len(rows)
    assert frame["lr_g"].tolist() == [0.0002] * 3 + [0.01] * (count - 3)
    assert frame["lr_d"].tolist() == [0.0002] * count
    assert frame["dropout"].tolist() == [0.5] * 3 + [0.1] * (count - 3)
    assert frame["latent_dim"].tolist() == [8] * 20 + [3] * (count - 20)
    assert frame["label_smoothing"].tolist() == [0.0] * 20 + [0.1] * (count - 20)


def test_csv_holds_every_batch_and_knob(run: tuple[Path, Rows]) -> None:
    folder, rows = run
    content, filename, media_type = exported(folder, "csv")
    assert (filename, media_type) == ("table.csv", "text/csv")
    assert content.startswith(b"batch,epoch,d_loss,g_loss,d_real_acc,d_fake_acc,lr_g,lr_d,dropout,latent_dim,")
    check_table(pd.read_csv(io.BytesIO(content)), rows)


def test_parquet_holds_the_same_and_the_settings(run: tuple[Path, Rows]) -> None:
    folder, rows = run
    content, filename, _ = exported(folder, "parquet")
    assert filename == "table.parquet"
    table = pyarrow.parquet.read_table(io.BytesIO(content))
    check_table(table.to_pandas(), rows)
    assert str(table.schema.field("d_loss").type) == "float"
    assert str(table.schema.field("latent_dim").type) == "int64"
    assert table.schema.metadata[b"livegan.run"] == b"table"
    assert parse(json.loads(table.schema.metadata[b"livegan.settings"])) == SMALL


def test_tensorboard_reads_scalars_images_and_knobs(run: tuple[Path, Rows], tmp_path: Path) -> None:
    folder, rows = run
    scores.write(folder, [score_of(8.5, 1), score_of(2.5, 2)])
    content, filename, _ = exported(folder, "tensorboard")
    assert filename == "events.out.tfevents.1000000000.table"
    (tmp_path / filename).write_bytes(content)
    seen = EventAccumulator(os.fspath(tmp_path), {"scalars": 0, "images": 0})
    seen.Reload()
    for index, tag in enumerate(TAGS):
        events = seen.Scalars(tag)
        assert [event.step for event in events] == list(range(1, len(rows) + 1))
        assert np.array_equal(np.array([event.value for event in events], np.float32), rows[:, index])
    times = [event.wall_time for event in seen.Scalars(TAGS[0])]
    assert times == sorted(times)
    assert times[-1] == pytest.approx(1e9 + 60.0)
    lr_g = [(event.step, event.value) for event in seen.Scalars("knobs/lr_g")]
    assert lr_g == [(1, np.float32(0.0002)), (3, np.float32(0.0002)), (4, np.float32(0.01)), (31, np.float32(0.01))]
    assert [(event.step, event.value) for event in seen.Scalars("quality/fid")] == [(BATCHES, 8.5), (2 * BATCHES, 2.5)]
    assert seen.Scalars("quality/coverage")[0].value == 0.5
    assert "measured on 2,000 images" in seen.SummaryMetadata("quality/fid").summary_description
    images = seen.Images("grid")
    assert [image.step for image in images] == [BATCHES, 2 * BATCHES]
    assert images[1].encoded_image_string == epochs.read_grid(folder, 2)
    with Image.open(folder / "grids" / "00001.png") as grid:
        assert (images[0].width, images[0].height) == grid.size
    tensors = TensorAccumulator(os.fspath(tmp_path))  # what today's TensorBoard reads with
    tensors.Reload()
    assert set(tensors.Tags()["tensors"]) >= {*TAGS, "grid"}


def test_who_learned_has_a_column_if_it_was_ever_one_network_alone(tmp_path: Path) -> None:
    write_run(tmp_path / "run", SMALL, 6, [(2, {"lr_g": 0.01}), (3, {"pace": 5.0, "kept_epochs": 9})], {1: "d", 4: "g"})
    content = exported(tmp_path / "run", "csv").content
    frame = pd.read_csv(io.BytesIO(content))
    assert list(frame) == ["batch", "epoch", *METRICS, "lr_g", "lr_d", "dropout", "latent_dim", "trained"]
    assert frame["trained"].tolist() == ["both", "d", "both", "both", "g", "both"]
    assert b'"' not in content
    packed = pyarrow.parquet.read_table(io.BytesIO(exported(tmp_path / "run", "parquet").content))
    assert packed["trained"].to_pylist() == frame["trained"].tolist()


def test_a_turned_average_has_a_column_and_a_time_limit_has_none(tmp_path: Path) -> None:
    settings = SMALL.changed(g_norm="batch", dropout_in="discriminator", ema_decay=0.9)
    write_run(tmp_path / "run", settings, 4, [(1, {"ema_decay": 0.0, "seconds": 60}), (3, {"ema_decay": 0.5})])
    packed = pyarrow.parquet.read_table(io.BytesIO(exported(tmp_path / "run", "parquet").content))
    assert packed.column_names == ["batch", "epoch", *METRICS, "lr_g", "lr_d", "dropout", "latent_dim", "ema_decay"]
    assert packed["ema_decay"].to_pylist() == [0.9, 0.0, 0.0, 0.5]
    content, filename, _ = exported(tmp_path / "run", "tensorboard")
    (tmp_path / filename).write_bytes(content)
    seen = EventAccumulator(os.fspath(tmp_path))
    seen.Reload()
    drawn = [(event.step, event.value) for event in seen.Scalars("knobs/ema_decay")]
    assert drawn == [(1, np.float32(0.9)), (2, 0.0), (3, 0.0), (4, 0.5)]


def test_penalties_that_were_turned_have_columns_and_scalars(tmp_path: Path) -> None:
    """One without effect in this loss has none; what cannot be turned stands in the settings."""
    settings = SMALL.changed(conditional="on", minibatch_std="on", loss="relativistic", r1_gamma=1.0)
    moves: Moves = [(1, {"r1_gamma": 0.5}), (2, {"penalty_every": 4, "gradient_penalty": 5.0}), (3, {"r2_gamma": 2.0})]
    rows = write_run(tmp_path / "run", settings, 5, moves)
    frame = pd.read_csv(io.BytesIO(exported(tmp_path / "run", "csv").content))
    steering = ["lr_g", "lr_d", "dropout", "latent_dim"]
    assert sorted(frame) == sorted(["batch", "epoch", *METRICS, *steering, "r1_gamma", "r2_gamma", "penalty_every"])
    assert frame["r1_gamma"].tolist() == [1.0, 0.5, 0.5, 0.5, 0.5]
    assert frame["r2_gamma"].tolist() == [0.0, 0.0, 0.0, 2.0, 2.0]
    assert frame["penalty_every"].tolist() == [1, 1, 4, 4, 4]
    assert np.array_equal(frame["d_loss"].to_numpy(np.float32), rows[:, 0])  # without the penalties
    table = pyarrow.parquet.read_table(io.BytesIO(exported(tmp_path / "run", "parquet").content))
    assert table.column_names == list(frame)
    assert parse(json.loads(table.schema.metadata[b"livegan.settings"])) == settings
    content, filename, _ = exported(tmp_path / "run", "tensorboard")
    (tmp_path / filename).write_bytes(content)
    seen = EventAccumulator(os.fspath(tmp_path))
    seen.Reload()
    drawn = [(event.step, event.value) for event in seen.Scalars("knobs/r2_gamma")]
    assert drawn == [(1, 0.0), (3, 0.0), (4, 2.0), (5, 2.0)]


def test_halved_learning_rates_stand_in_their_columns(tmp_path: Path) -> None:
    run = Run.new(tmp_path / "halved", SMALL.changed(lr_g=0.004, lr_d=0.002, halve_every=1, epochs=2), TrainingQueue(1))
    run.launch()
    run.join()
    frame = pd.read_csv(io.BytesIO(exported(tmp_path / "halved", "csv").content))
    assert frame["lr_g"].tolist() == [0.004] * BATCHES + [0.002] * BATCHES
    assert frame["lr_d"].tolist() == [0.002] * BATCHES + [0.001] * BATCHES
    assert "halve_every" not in frame


def test_a_knob_without_effect_has_no_column(tmp_path: Path) -> None:
    write_run(tmp_path / "run", SMALL, 4, [(1, {"momentum_g": 0.1, "beta1_g": 0.6})])
    packed = pyarrow.parquet.read_table(io.BytesIO(exported(tmp_path / "run", "parquet").content))
    assert packed.column_names[-3:] == ["dropout", "latent_dim", "beta1_g"]


def test_a_move_before_the_first_batch_is_not_drawn_twice(tmp_path: Path) -> None:
    write_run(tmp_path / "run", SMALL, 2, [(0, {"lr_g": 0.01})])
    frame = pd.read_csv(io.BytesIO(exported(tmp_path / "run", "csv").content))
    assert frame["lr_g"].tolist() == [0.01, 0.01]
    content, filename, _ = exported(tmp_path / "run", "tensorboard")
    (tmp_path / filename).write_bytes(content)
    seen = EventAccumulator(os.fspath(tmp_path))
    seen.Reload()
    assert [event.step for event in seen.Scalars("knobs/lr_g")] == [1, 2]
