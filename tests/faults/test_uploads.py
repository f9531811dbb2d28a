"""The short version of `uploads.py`: what each upload is refused with, having taken little time and memory."""

from __future__ import annotations

import io
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from helpers import PATIENCE
from uploads import (
    UPLOADS,
    deep,
    long_list_of_files,
    many_commands,
    many_files,
    newlines,
    picture,
    repeated,
    with_parts,
)
from zips import contents, packed

from gan.data.grid import is_grid_png
from gan.errors import LiveGANError
from gan.limits import MAX_FILES, MIB
from gan.recording import atomic_files, epochs
from gan.runs.archive import unpacked
from gan.runs.registry import RunRegistry

Make = Callable[[Path], None]
DAMAGED = "The run in the zip is damaged: "
REFUSED: dict[str, tuple[Make, str]] = {
    "newlines": (newlines(30 * MIB), "commands.jsonl in the zip is larger than 16 MB."),
    "newlines that fit": (newlines(15 * MIB), f"{DAMAGED}commands.jsonl cannot be read (line 1)."),
    "one long line": (
        lambda path: with_parts(path, {"commands.jsonl": repeated(b"x", 15 * MIB)}),
        f"{DAMAGED}commands.jsonl holds a line of more than 4 kB (1).",
    ),
    "too many commands": (
        lambda path: many_commands(path, 100_001),
        f"{DAMAGED}run.json cannot be read (commands).",
    ),
    "huge run.json": (
        lambda path: with_parts(path, {"run.json": repeated(b" ", 5 * MIB)}),
        "run.json in the zip is larger than 4 MB.",
    ),
    "run.json of small values": (
        UPLOADS["run.json of small values"],
        f"{DAMAGED}run.json cannot be read (it holds more than 150,000 values).",
    ),
    "huge quality.json": (
        lambda path: with_parts(path, {"quality.json": repeated(b" ", 9 * MIB)}),
        "quality.json in the zip is larger than 8 MB.",
    ),
    "quality.json of small values": (
        UPLOADS["quality.json of small values"],
        f"{DAMAGED}quality.json cannot be read (it holds more than 600,000 values).",
    ),
    "deep run.json": (deep("run.json"), f"{DAMAGED}run.json cannot be read (it holds more than 150,000 values)."),
    "deeper than Python reads": (
        lambda path: with_parts(path, {"quality.json": b"[" * 100_000}),
        f"{DAMAGED}quality.json cannot be read (it is nested too deeply).",
    ),
    "too many files": (many_files(MAX_FILES), "The zip holds more than 12,000 files."),
    "too many epochs": (
        lambda path: with_parts(path, {f"epochs/{n:05d}.safetensors": b"" for n in range(1, 1002)}),
        "The zip holds more than 1,000 epochs with weights; trim the run first.",
    ),
    "too many states": (
        lambda path: with_parts(path, {f"state-{n}-00000000.safetensors": b"" for n in range(501)}),
        "The zip holds more than 500 full states; trim the run first.",
    ),
    "long list of files": (
        lambda path: long_list_of_files(path, 80_000),
        "The zip's list of files is longer than 3 MB.",
    ),
    "bomb": (
        lambda path: with_parts(path, {"series.npy": repeated(b"\0", 90 * MIB)}),
        "series.npy in the zip is larger than 80 MB.",
    ),
    "overlapping": (UPLOADS["overlapping"], "The zip holds more than 256 MB."),
    "zip64 lies": (UPLOADS["zip64 lies"], "The zip holds more than 256 MB."),
    "head of many tensors": (
        UPLOADS["head of many tensors"],
        f"{DAMAGED}00001.safetensors does not hold the weights of an epoch: its head is cut off or too long.",
    ),
    "largest networks": (
        UPLOADS["largest networks"],
        f"{DAMAGED}its generator's weights do not fit its settings.",
    ),
    "lying series": (UPLOADS["lying series"], f"{DAMAGED}series.npy is not a NumPy file."),
    "huge picture": (UPLOADS["huge picture"], f"{DAMAGED}latest.png is not a picture of 64 images."),
    "picture bomb": (UPLOADS["picture bomb"], f"{DAMAGED}latest.png is not a picture of 64 images."),
    "bzip2": (UPLOADS["bzip2"], "run.json in the zip is packed in a way that LiveGAN does not read; use deflate."),
}


@pytest.mark.parametrize("name", REFUSED)
def test_an_upload_that_would_hold_the_server_is_refused_at_once(tmp_path: Path, name: str) -> None:
    make, sentence = REFUSED[name]
    make(tmp_path / "upload.zip")
    (tmp_path / "runs").mkdir()
    with (tmp_path / "upload.zip").open("rb") as upload:
        began = time.thread_time()
        with pytest.raises(LiveGANError) as refused, unpacked(upload, tmp_path / "runs"):
            pass
        took = time.thread_time() - began
    assert str(refused.value) == sentence
    assert took < 3
    assert list((tmp_path / "runs").iterdir()) == []


@pytest.mark.parametrize("name", ["newlines that fit", "run.json of small values", "picture bomb", "one long line"])
def test_an_upload_takes_little_memory(tmp_path: Path, name: str) -> None:
    REFUSED[name][0](tmp_path / "upload.zip")
    with (tmp_path / "upload.zip").open("rb") as upload:
        tracemalloc.start()
        try:
            with pytest.raises(LiveGANError), unpacked(upload, tmp_path):
                pass
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < 20 * MIB


class Held(io.BytesIO):
    """An upload that cannot be read before somebody lets it go."""

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self.let_go = threading.Event()

    def read(self, size: int | None = -1, /) -> bytes:
        assert self.let_go.wait(PATIENCE)
        return super().read(size)


def test_nobody_waits_for_an_upload_that_is_being_unpacked(tmp_path: Path) -> None:
    registry = RunRegistry(tmp_path / "runs")
    registry.open()
    names: list[str] = []
    upload = Held(packed())
    thread = threading.Thread(target=lambda: names.append(registry.unpack(upload, "demo.zip")))
    thread.start()
    assert registry.summaries() == []
    with pytest.raises(LiveGANError, match="There is no run named"):
        registry.get("demo")
    upload.let_go.set()
    thread.join()
    assert names == ["demo"]
    assert registry.get("demo").snapshot().state == "finished"
    registry.close()


LARGE = {  # what is put in a file's place in a folder that somebody copied in, and what the run then says
    "run.json": (2**33, "run.json is larger than 4 MB."),
    "commands.jsonl": (150 * MIB, "commands.jsonl is larger than 16 MB."),
    "series.npy": (2**33, "series.npy is larger than 192 MB."),
    "state-26": (2**33, "is larger than 448 MB."),
    "quality.json": (2**33, ""),
    "latest.png": (2**33, ""),
    "epochs/00001.safetensors": (2**33, ""),
}


@pytest.mark.parametrize("name", LARGE)
def test_a_large_file_in_a_folder_that_was_copied_in_holds_nobody(tmp_path: Path, name: str) -> None:
    size, sentence = LARGE[name]
    for inside, content in contents().items():
        atomic_files.write(tmp_path / "odd" / inside, content)
    atomic_files.write(tmp_path / "odd" / "previous.json", b"")
    (path,) = list((tmp_path / "odd").glob(f"{name}*")) or [tmp_path / "odd" / name]
    with path.open("wb") as file:
        file.truncate(size)
    registry = RunRegistry(tmp_path)
    tracemalloc.start()
    began = time.thread_time()
    try:
        (listed,) = registry.summaries()
        told = [listed.message]
        if listed.state != "damaged":
            run = registry.get("odd")
            assert len(epochs.list_kept(tmp_path / "odd")) == (1 if name.startswith("epochs") else 2)
            assert (run.grid(None) is None) == (name == "latest.png")
            told.append(run.snapshot().message)
        took, (_, peak) = time.thread_time() - began, tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert sentence in " ".join(told)
    assert took < 3
    assert peak < 20 * MIB


def test_a_picture_is_whole_or_none() -> None:
    rows = bytes(242 * 243)
    whole = picture(242, 242, zlib.compress(rows))
    assert is_grid_png(whole)
    assert is_grid_png(contents()["latest.png"])
    for data in (zlib.compress(rows[:-1]), zlib.compress(rows + b"x"), zlib.compress(rows)[:-1], b"", rows[:500]):
        assert not is_grid_png(picture(242, 242, data))
    assert not is_grid_png(picture(242, 242, zlib.compress(b"\5" + rows[1:])))  # there are five kinds of filters
    assert not is_grid_png(picture(242, 243, zlib.compress(rows)))
    assert not is_grid_png(whole + b"x")
    assert not is_grid_png(whole[:-1])
    assert not is_grid_png(whole[:60] + bytes([whole[60] ^ 1]) + whole[61:])
