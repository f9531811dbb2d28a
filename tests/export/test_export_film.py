"""The epochs of a run as GIF and MP4."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from exporting import exported, write_run
from helpers import BATCHES, SMALL
from numpy.typing import NDArray
from PIL import Image

from gan.data.grid import grid_png
from gan.export import ExportError, export_run, film
from gan.recording import checkpoint, epochs
from gan.recording.run_file import read_run_file, write_run_file
from gan.training.trainer import Trainer
from gan.training.trainer_state import restore_state

EPOCHS = 3
GRID = 242  # 8 images of 28 pixels, padding 2


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "film"
    write_run(folder, SMALL, EPOCHS * BATCHES, [(BATCHES, {"lr_g": 0.003, "lr_d": 0.003})])
    return folder


def grid(folder: Path, epoch: int) -> NDArray[np.int64]:
    png = epochs.read_grid(folder, epoch)
    assert png is not None
    return np.asarray(Image.open(io.BytesIO(png)), np.int64)


def test_gif_shows_every_epoch_exactly_and_holds_the_last(run: Path) -> None:
    content, filename, media_type = exported(run, "gif")
    assert (filename, media_type) == ("film.gif", "image/gif")
    with Image.open(io.BytesIO(content)) as gif:
        assert getattr(gif, "n_frames", 1) == EPOCHS
        assert gif.info["loop"] == 0  # for ever
        durations = []
        for index in range(EPOCHS):
            gif.seek(index)
            shown = np.asarray(gif.convert("L"), np.int64)
            assert np.array_equal(shown[:GRID, :GRID], grid(run, index + 1))
            assert shown[GRID:].max() > 200  # the caption
            durations.append(gif.info["duration"])
    assert durations == [400, 400, 2000]


def test_mp4_shows_every_epoch_and_holds_the_last(run: Path) -> None:
    content, filename, media_type = exported(run, "mp4")
    assert (filename, media_type) == ("film.mp4", "video/mp4")
    assert content.index(b"moov") < content.index(b"mdat")  # so that it plays while it loads
    with av.open(io.BytesIO(content), "r") as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == "h264"
        assert stream.codec_context.pix_fmt == "yuv420p"
        frames = [frame.to_ndarray(format="gray").astype(np.int64) for frame in container.decode(stream)]
        times = float((stream.duration or 0) * (stream.time_base or 0))
    assert {side % 2 for side in frames[0].shape} == {0}
    for epoch, frame in enumerate(frames[:EPOCHS], 1):
        small = frame[: 2 * GRID : 2, : 2 * GRID : 2]
        errors = [np.abs(small - grid(run, other)).mean() for other in range(1, EPOCHS + 1)]
        assert int(np.argmin(errors)) + 1 == epoch
        assert errors[epoch - 1] < 6  # of 255: what the codec loses
    assert len(frames) == EPOCHS + 5
    assert times == pytest.approx(len(frames) * 0.4)


@pytest.mark.parametrize("labels", [{}, {"conditional": "on", "digits": [3, 7], "minibatch_std": "on"}])
def test_the_film_of_an_averaged_run_shows_what_the_average_made(labels: dict[str, Any], tmp_path: Path) -> None:
    settings = SMALL.changed(g_norm="batch", dropout_in="discriminator", ema_decay=0.99, **labels)
    write_run(tmp_path / "run", settings, 2 * Trainer(settings).batches_per_epoch)
    trainer, run_file = Trainer(settings), read_run_file(tmp_path / "run")
    restore_state(trainer, run_file.batch, checkpoint.read_state(tmp_path / "run", run_file.newest))
    with Image.open(io.BytesIO(exported(tmp_path / "run", "gif").content)) as gif:
        gif.seek(1)
        shown = np.asarray(gif.convert("L"))[:GRID, :GRID]
    with Image.open(io.BytesIO(grid_png(trainer.sample()))) as made:
        assert np.array_equal(shown, np.asarray(made))


def test_many_epochs_become_a_film_of_bearable_length(tmp_path: Path) -> None:
    write_run(tmp_path / "run", SMALL, 1)
    written = read_run_file(tmp_path / "run")
    pictures = write_grids(tmp_path / "run", 700)
    long = written.model_copy(update={"epoch": 700, "batch": 700 * BATCHES})
    write_run_file(tmp_path / "run", long)
    frames = film.frames(tmp_path / "run")
    assert len(frames) == film.MOST
    assert frames[0].getpixel((0, 0)) == pictures[0]
    assert frames[-1].getpixel((0, 0)) == pictures[-1]
    with Image.open(io.BytesIO(exported(tmp_path / "run", "gif").content)) as gif:
        assert gif.info["duration"] == 40


def write_grids(folder: Path, count: int) -> list[int]:
    """One small plain picture an epoch; returns their shades."""
    shades = [epoch % 251 for epoch in range(1, count + 1)]
    for epoch, shade in enumerate(shades, 1):
        picture = io.BytesIO()
        Image.new("L", (33, 21), shade).save(picture, "PNG")
        path = folder / "grids" / f"{epoch:05d}.png"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(picture.getvalue())
    return shades


def test_odd_grids_get_even_sides(tmp_path: Path) -> None:
    write_run(tmp_path / "run", SMALL, BATCHES)
    write_grids(tmp_path / "run", 1)
    assert film.frames(tmp_path / "run")[0].size == (34, 46)
    with av.open(io.BytesIO(exported(tmp_path / "run", "mp4").content)) as container:
        assert (container.streams.video[0].width, container.streams.video[0].height) == (68, 92)


def test_a_lost_grid_is_left_out_and_a_damaged_one_is_named(tmp_path: Path) -> None:
    write_run(tmp_path / "run", SMALL, 3 * BATCHES)
    (tmp_path / "run" / "grids" / "00002.png").unlink()
    with Image.open(io.BytesIO(exported(tmp_path / "run", "gif").content)) as gif:
        assert getattr(gif, "n_frames", 1) == 2
    (tmp_path / "run" / "grids" / "00003.png").write_bytes(b"not a PNG")
    for kind in ("gif", "mp4", "tensorboard"):
        with pytest.raises(ExportError) as caught:
            export_run(tmp_path / "run", kind)
        assert str(caught.value) == "Run run cannot be exported: the image grid of epoch 3 is not a PNG."


@pytest.mark.parametrize(
    ("size", "reason"),
    [((242, 100), "has another size than the first"), ((2001, 10), "is larger than 2000 pixels")],
)
def test_a_grid_of_another_size_is_named(size: tuple[int, int], reason: str, tmp_path: Path) -> None:
    write_run(tmp_path / "run", SMALL, 2 * BATCHES)
    Image.new("L", size).save(tmp_path / "run" / "grids" / "00002.png")
    with pytest.raises(ExportError, match=rf"^Run run cannot be exported: the image grid of epoch 2 {reason}\.$"):
        export_run(tmp_path / "run", "mp4")


def test_a_run_without_a_whole_epoch_has_no_film(tmp_path: Path) -> None:
    write_run(tmp_path / "run", SMALL, BATCHES - 1)
    for kind in ("gif", "mp4"):
        with pytest.raises(ExportError) as caught:
            export_run(tmp_path / "run", kind)
        assert str(caught.value) == "Run run has no image grid of an epoch yet; train it for one epoch first."
