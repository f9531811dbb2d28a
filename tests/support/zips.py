"""A run as a zip, for the tests of packing and unpacking; and what an upload that is refused must leave behind."""

from __future__ import annotations

import functools
import io
import json
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import pytest
from helpers import SMALL, step, wait_for

from gan.errors import LiveGANError
from gan.recording.commands import Resume, SetKnobs
from gan.recording.run_file import run_json
from gan.runs.archive import pack, unpacked
from gan.runs.queue import TrainingQueue
from gan.runs.run import Run

Files = dict[str, bytes]


@functools.cache
def packed() -> bytes:
    """A run of two epochs, steered and stepped once, with a full state of each epoch, as `pack` makes it."""
    with tempfile.TemporaryDirectory() as folder:
        run = Run.new(Path(folder) / "demo", SMALL.changed(full_every=1), TrainingQueue(1))
        run.launch(paused=True)
        step(run, 3)
        run.command(SetKnobs({"lr_g": 0.001}))
        step(run, 1, "d")
        run.command(Resume())
        wait_for(run, "finished")
        run.join()
        return pack(Path(folder) / "demo")


def contents() -> Files:
    """The files of that run by their names, to be changed at will."""
    return dict(_contents())


@functools.cache
def _contents() -> Files:
    with zipfile.ZipFile(io.BytesIO(packed())) as file:
        return {name.removeprefix("demo/"): file.read(name) for name in file.namelist()}


def zipped(files: Files, prefix: str = "demo/", compression: int = zipfile.ZIP_STORED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as file:
        for name, content in files.items():
            file.writestr(zipfile.ZipInfo(prefix + name), content, compression)
    return out.getvalue()


def with_fields(**fields: Any) -> bytes:
    """`run.json` with other values, and the checksum that belongs to them."""
    values = json.loads(contents()["run.json"]) | fields
    values.pop("checksum")
    return run_json(values)


def unpack(content: bytes, runs: Path, name: str) -> None:
    """Store a zip as the run `name` in the folder `runs`."""
    with unpacked(io.BytesIO(content), runs) as folder:
        folder.rename(runs / name)


def refusal(content: bytes) -> str:
    """The sentence with which an upload is refused; nothing may be left of it."""
    with tempfile.TemporaryDirectory() as temporary:
        runs = Path(temporary) / "outer" / "runs"
        runs.mkdir(parents=True)
        with pytest.raises(LiveGANError) as refused:
            unpack(content, runs, "upload")
        assert sorted(Path(temporary).rglob("*")) == [runs.parent, runs]
    sentence = str(refused.value)
    assert sentence.endswith(".")
    assert len(sentence) < 400
    assert "\n" not in sentence
    assert "Traceback" not in sentence
    return sentence
