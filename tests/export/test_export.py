"""Exports in general: the command line, the formats, and what is said when there is nothing to export."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from exporting import exported, write_run
from helpers import SMALL, wait_for

from gan.__main__ import EXPORTS, main
from gan.export import FORMATS, ExportError, export_run, missing
from gan.recording import checkpoint, commands_file
from gan.recording.commands import RecordedCommand, SetKnobs
from gan.recording.metric_history import MetricHistory, Rows
from gan.recording.run_file import FullState, read_run_file, write_run_file
from gan.runs.queue import TrainingQueue
from gan.runs.run import Run


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of runs that the command line finds."""
    monkeypatch.setenv("LIVEGAN_CHECKPOINTS", str(tmp_path / "runs"))
    (tmp_path / "runs").mkdir()
    return tmp_path / "runs"


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What the command line says when it refuses, with exit status 2."""
    assert main(["export", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    return err.removeprefix("livegan: ").strip()


def test_the_command_line_writes_a_file(runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_run(runs / "demo", SMALL, 14)
    out = tmp_path / "figures.csv"
    assert main(["export", "demo", "--format", "csv", "--out", str(out)]) == 0
    assert capsys.readouterr().out.strip() == str(out)
    assert out.read_bytes() == exported(runs / "demo", "csv").content


def test_a_folder_gets_the_file_under_its_own_name(
    runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_run(runs / "demo", SMALL, 14)
    assert main(["export", "demo", "--format", "gif", "--out", str(tmp_path)]) == 0
    assert (tmp_path / "demo.gif").read_bytes().startswith(b"GIF89a")
    assert main(["export", "demo", "--format", "tensorboard", "--out", str(tmp_path / "logs" / "demo")]) == 0
    (log,) = (tmp_path / "logs" / "demo").iterdir()  # a folder that TensorBoard finds its file in
    assert "tfevents" in log.name
    assert capsys.readouterr().out.split() == [str(tmp_path / "demo.gif"), str(log)]


def test_refusals_are_one_sentence_each(runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_run(runs / "demo", SMALL, 3)
    for name in ("nobody", "../runs/demo", ""):
        there_is_none = f"There is no run named {name!r}; `python -m gan runs` lists them."
        assert refused(capsys, name, "--format", "csv") == there_is_none
    expected = f"--format is 'xls'; it must be one of {', '.join(FORMATS)}."
    assert refused(capsys, "demo", "--format", "xls") == expected
    nowhere = tmp_path / "no" / "such" / "folder.csv"
    said = f"{nowhere} could not be written: No such file or directory."
    assert refused(capsys, "demo", "--format", "csv", "--out", str(nowhere)) == said
    (runs / "demo" / "series.npy").write_bytes(b"damaged")
    said = "Run demo cannot be exported: series.npy is not a NumPy file."
    assert refused(capsys, "demo", "--format", "script", "--out", str(tmp_path)) == said
    assert list(tmp_path.iterdir()) == [runs]  # nothing was written


def test_the_help_names_every_format() -> None:
    assert EXPORTS.replace(" or ", ", ").split(", ") == list(FORMATS)


@pytest.mark.parametrize("kind", FORMATS)
def test_empty_and_damaged_runs_are_refused(kind: str, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    write_run(folder, SMALL, 0)
    with pytest.raises(ExportError, match=r"^Run run has no batch on disk yet; train it first\.$"):
        export_run(folder, kind)
    write_run_file(folder, read_run_file(folder).model_copy(update={"states": ()}))
    with pytest.raises(ExportError, match=r"^Run run has no batch on disk yet; train it first\.$"):
        export_run(folder, kind)
    (folder / "run.json").write_text("{")
    with pytest.raises(ExportError, match=r"^Run run cannot be exported: run\.json cannot be read"):
        export_run(folder, kind)
    (folder / "run.json").unlink()
    with pytest.raises(ExportError, match=r"^Run run cannot be exported: run\.json is missing\.$"):
        export_run(folder, kind)


def test_a_record_out_of_order_is_refused(tmp_path: Path) -> None:
    """No run of ours writes one, but an upload may hold it."""
    write_run(tmp_path / "run", SMALL, 5)
    commands = [RecordedCommand(batch, SetKnobs({"lr_g": rate}), 0.0) for batch, rate in ((4, 0.01), (2, 0.001))]
    commands_file.write(tmp_path / "run", commands)
    vouched = {"commands": 2, "commands_sha256": commands_file.checksum(commands)}
    write_run_file(tmp_path / "run", read_run_file(tmp_path / "run").model_copy(update=vouched))
    for kind in ("csv", "tensorboard", "script"):
        with pytest.raises(ExportError, match=r"commands\.jsonl holds a command that no run can obey \(line 2\)\.$"):
            export_run(tmp_path / "run", kind)


def test_a_missing_package_is_named_with_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_run(tmp_path / "run", SMALL, 1)
    assert [missing(kind) for kind in FORMATS] == [None] * len(FORMATS)
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name in ("av", "onnxscript") else found(name))
    remedy = "install it with `pip install -r requirements-export.txt`."
    assert missing("mp4") == f"MP4 needs the package av; {remedy}"
    with pytest.raises(ExportError) as caught:
        export_run(tmp_path / "run", "onnx")
    assert str(caught.value) == f"ONNX needs the package onnxscript; {remedy}"
    assert missing("csv") is None


def test_what_is_listed_needs_no_package_that_makes_it() -> None:
    """The page lists the formats on an installation without the optional ones, and does not wait for the others."""
    code = (
        "import sys\n"
        "class Nothing:\n"
        "    def find_spec(self, name, *rest):\n"
        "        if name.split('.')[0] in ('av', 'onnx', 'onnxscript', 'tensorboard', 'pyarrow', 'PIL'):\n"
        "            raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Nothing())\n"
        "from gan.export import FORMATS\n"
        "print(len(FORMATS))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == (str(len(FORMATS)), "")


def test_a_run_that_trains_is_exported_as_it_last_stood(tmp_path: Path) -> None:
    """Again and again while checkpoints replace each other: never an error, always one whole checkpoint."""
    run = Run.new(tmp_path / "live", SMALL.changed(epochs=3, full_every=1), TrainingQueue(1))
    run.launch()
    seen = 0
    while run.active:
        if run.run_file.batch > 0:
            seen = max(seen, len(exported_live(tmp_path / "live", "csv").splitlines()) - 1)
            exported_live(tmp_path / "live", "safetensors")
    wait_for(run, "finished")
    assert 0 < seen <= run.snapshot().batch
    assert len(exported(tmp_path / "live", "csv").content.splitlines()) == run.snapshot().batch + 1


def exported_live(folder: Path, kind: str) -> bytes:
    return export_run(folder, kind).content


def test_a_checkpoint_replaced_while_it_is_read_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "run"
    write_run(folder, SMALL, 2)
    read_state = checkpoint.read_state
    replaced: list[Rows] = []

    def overtaken(at: Path, state: FullState | None) -> object:
        if not replaced:  # the training thread writes the next checkpoint just now
            replaced.append(write_run(folder, SMALL, 3))
            checkpoint.remove_other_states(folder, read_run_file(folder))
        return read_state(at, state)

    monkeypatch.setattr(checkpoint, "read_state", overtaken)
    content = export_run(folder, "safetensors").content
    assert b'"batch":"3"' in content[:2000]


def test_series_are_those_of_the_checkpoint_not_of_the_file(tmp_path: Path) -> None:
    """`series.npy` may already be longer than the `run.json` that vouches for it."""
    rows = write_run(tmp_path / "run", SMALL, 5)
    np.save(tmp_path / "run" / "series.npy", np.vstack([rows, rows]))
    assert len(exported(tmp_path / "run", "csv").content.splitlines()) == 1 + len(MetricHistory(rows))
