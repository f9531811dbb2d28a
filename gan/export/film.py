"""The image grids of a run's epochs, the same 64 noise vectors in each, as an animation or a film."""

from __future__ import annotations

import io
import tempfile
from fractions import Fraction
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from gan.export import ExportError
from gan.recording.atomic_files import DamagedRun
from gan.recording.epochs import read_grid
from gan.recording.run_file import read_run_file

LENGTH = 12.0  # seconds that a film of many epochs lasts
SLOWEST, FASTEST = 0.4, 0.04  # seconds a frame
HELD = 2.0  # seconds for the last frame
MOST = 600  # frames; with more epochs, evenly spaced ones are shown
LARGEST = 2000  # pixels, the longer side of a grid
CAPTION = 24  # pixels under the grid
ZOOM = 2  # of the film: players blur what they enlarge


def frames(folder: Path) -> list[Image.Image]:
    """The epochs' grids in grey, each above its epoch's number; raises `DamagedRun`, `ExportError`."""
    epochs = read_run_file(folder).epoch
    grids = [(epoch, png) for epoch in _shown(epochs) if (png := read_grid(folder, epoch)) is not None]
    if not grids:
        raise ExportError(f"Run {folder.name} has no image grid of an epoch yet; train it for one epoch first.")
    pictures = [_frame(epoch, epochs, png) for epoch, png in grids]
    for (epoch, _), picture in zip(grids, pictures, strict=True):
        if picture.size != pictures[0].size:
            raise DamagedRun(f"the image grid of epoch {epoch} has another size than the first.")
    return pictures


def gif(folder: Path) -> bytes:
    """An endless animation, its last frame held; raises `DamagedRun`, `ExportError`."""
    first, *rest = pictures = frames(folder)
    hundredths = round(_seconds(len(pictures)) * 100)
    durations = [hundredths * 10] * len(rest) + [round(HELD * 1000)]
    out = io.BytesIO()
    first.save(out, "GIF", save_all=True, append_images=rest, duration=durations, loop=0)
    return out.getvalue()


def mp4(folder: Path) -> bytes:
    """H.264 in the pixel format that every player knows, its last frame held; raises `DamagedRun`, `ExportError`."""
    import av

    pictures = frames(folder)
    rate = Fraction(100, round(_seconds(len(pictures)) * 100))  # frames a second
    pictures += [pictures[-1]] * round(HELD * rate)
    with (
        tempfile.TemporaryDirectory() as temporary
    ):  # a player may start before the file has arrived whole, if it is written twice
        path = Path(temporary) / "film.mp4"
        with av.open(path, "w", options={"movflags": "faststart"}) as container:
            stream = container.add_stream("libx264", rate, {"crf": "18", "threads": "1"})
            stream.width, stream.height = (ZOOM * side for side in pictures[0].size)
            stream.pix_fmt = "yuv420p"
            for picture in pictures:
                pixels = np.asarray(picture).repeat(ZOOM, 0).repeat(ZOOM, 1)
                container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, "gray")))
            container.mux(stream.encode())
        return path.read_bytes()


def _shown(epochs: int) -> list[int]:
    return sorted(set(np.linspace(1, epochs, min(epochs, MOST)).round().astype(int).tolist()))


def _seconds(count: int) -> float:
    """The duration of each of `count` frames."""
    return min(SLOWEST, max(FASTEST, LENGTH / count))


def _frame(epoch: int, epochs: int, png: bytes) -> Image.Image:
    try:
        grid: Image.Image = Image.open(io.BytesIO(png))
        if max(grid.size) > LARGEST:  # checked before unpacking, which may take all memory
            raise DamagedRun(f"the image grid of epoch {epoch} is larger than {LARGEST} pixels.")
        grid = grid.convert("L")
    except DamagedRun:
        raise
    except Exception:  # Pillow raises many kinds of errors for damaged bytes
        raise DamagedRun(f"the image grid of epoch {epoch} is not a PNG.") from None
    frame = Image.new("L", (_even(grid.width), _even(grid.height + CAPTION)))
    frame.paste(grid)
    text = ImageDraw.Draw(frame)
    place = (frame.width / 2, grid.height + CAPTION / 2)
    text.text(place, f"Epoch {epoch} of {epochs}", fill=255, font=ImageFont.load_default(14), anchor="mm")
    return frame


def _even(side: int) -> int:
    """H.264 halves the colours' resolution, so it takes even sides only."""
    return side + side % 2
