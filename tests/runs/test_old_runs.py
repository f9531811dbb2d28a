"""Runs that an earlier version wrote are opened, trained further, replayed, packed and shown by this one.

`tests/fixtures/old_runs` was written by version 0.1.0, before its code was put into rooms and renamed:

    runs/Grosse-7     a branch of `First try`, titled "Größe 7" and measured after each epoch. Knobs were turned, and it
                      was paused and stepped, also one network alone. Its newest state was lost, so that it went back
                      to epoch 2 and set aside what it had reached; it was stopped in the middle of epoch 5.
    runs/.bin         `First try`, deleted
    runs/.hidden.json the shipped run `sharp`, hidden
    then/             `Grosse-7` as that version finished it: its figures, and the weights of epoch 6
"""

from __future__ import annotations

import io
import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers import assert_same_bits
from numpy.typing import NDArray
from running import OpenRegistry
from safetensors import safe_open
from safetensors.torch import load_file
from serving import Server, serving

from gan.__main__ import main
from gan.recording.replay import LOOSE
from gan.runs.registry import ROOT, RunRegistry
from gan.runs.verify import verify

OLD = Path(__file__).parents[1] / "fixtures" / "old_runs"
NAME = "Grosse-7"
BATCHES, PER_EPOCH = 55, 13
LATER = {
    "step": "auto",
    "r1_gamma": 0.0,
    "r2_gamma": 0.0,
    "penalty_every": 1,
    "gradient_penalty": 0.0,
    "conditional": "off",
    "minibatch_std": "off",
    "halve_every": 0,
}  # settings that came later, as an old run gets them
LATER_FILES = {"health.json"}


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the old folder of runs, which is also that of the command line."""
    shutil.copytree(OLD / "runs", tmp_path / "runs")
    monkeypatch.setenv("LIVEGAN_CHECKPOINTS", str(tmp_path / "runs"))
    return tmp_path / "runs"


@pytest.fixture
def registry(runs: Path, open_registry: OpenRegistry) -> RunRegistry:
    return open_registry(runs)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("served") / "runs"
    shutil.copytree(OLD / "runs", folder)
    with serving(folder) as running:
        yield running


def finish(registry: RunRegistry, name: str = NAME) -> Path:
    """Train a run to its end; its folder."""
    registry.resume(name)
    run = registry.get(name)
    run.join()
    assert run.snapshot().state == "finished", run.snapshot().message
    return registry.folder / name


def replayed(capsys: pytest.CaptureFixture[str], name: str = NAME) -> dict[str, Any]:
    """What `python -m gan replay` says of a run, which has to be trained again with the same outcome."""
    capsys.readouterr()
    assert main(["replay", name]) == 0
    result: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert result["equal"]
    return result


def figures(folder: Path) -> NDArray[np.float32]:
    rows: NDArray[np.float32] = np.load(folder / "series.npy")
    return rows


# --- listed, whole -----------------------------------------------------------------------------------------------


def test_it_is_listed_with_all_its_facts(registry: RunRegistry, capsys: pytest.CaptureFixture[str]) -> None:
    (summary,) = registry.summaries()
    assert asdict(summary) == {
        "name": NAME, "title": "Größe 7", "state": "stopped", "message": "", "batch": BATCHES, "epoch": 4, "epochs": 6,
        "batches": 78, "created": 1795857494.885723, "updated": 1795857497.9599848, "seconds": 1.4200822710045031,
        "parent": "First-try", "branched_at": 1, "size": 780928, "fid": 85.70137301091854, "fid_epoch": 4,
        "resumable": True, "aside": 1, "course": 1, "shipped": False, "hidden": False, "over": None,
        "desk": None,
    }  # fmt: skip
    assert main(["runs"]) == 0
    assert re.search(
        r"Grosse-7 \(Größe 7\) +stopped +4 of 6 +55 +85\.7 \(epoch 4\) .* 1 set aside\.", capsys.readouterr().out
    )


def test_its_settings_knob_moves_and_figures_are_read(registry: RunRegistry) -> None:
    run = registry.get(NAME)
    written = json.loads((OLD / "runs" / NAME / "run.json").read_bytes())
    assert run.snapshot().settings.model_dump(mode="json") == written["settings"] | LATER
    assert [(mark.batch, mark.knob) for mark in run.snapshot().marks] == [
        (0, "lr_g"), (13, "lr_d"), (13, "dropout"), (13, "step_d"), (14, "step_g"), (16, "latent_dim"), (26, "lr_g"),
    ]  # fmt: skip
    np.testing.assert_array_equal(run.series.rows(0, BATCHES), figures(OLD / "runs" / NAME))


def test_its_files_are_whole_and_agree(runs: Path) -> None:
    for folder in (runs / NAME, *(runs / ".bin").iterdir()):
        before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        verify(folder)
        assert {path: path.read_bytes() for path in before} == before


def test_the_checkpoint_before_the_last_stands_in_for_a_damaged_one(runs: Path, registry: RunRegistry) -> None:
    (runs / NAME / "run.json").write_text("damaged")
    (summary,) = registry.summaries()
    assert (summary.batch, summary.title) == (BATCHES, "Größe 7")
    assert summary.message.endswith("The checkpoint before it is used.")


# --- trained further ---------------------------------------------------------------------------------------------


def test_it_is_replayed(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = replayed(capsys)
    assert result["batches"] == BATCHES
    assert result["weights_equal"] in ((True,) if result["tolerance"] == 0 else (None,))


def test_it_goes_on_as_the_version_that_wrote_it_did(registry: RunRegistry, capsys: pytest.CaptureFixture[str]) -> None:
    folder = finish(registry)
    result = replayed(capsys)
    assert result["batches"] == 6 * PER_EPOCH
    losses, then = figures(folder)[:, :2], figures(OLD / "then")[:, :2]
    np.testing.assert_allclose(losses, then, rtol=0, atol=LOOSE)
    if result["tolerance"] == 0:  # trained by the same processor and torch
        assert (folder / "series.npy").read_bytes() == (OLD / "then" / "series.npy").read_bytes()
        assert_same_bits(
            load_file(folder / "epochs" / "00006.safetensors"), load_file(OLD / "then" / "00006.safetensors")
        )


def test_it_is_branched_from(registry: RunRegistry, capsys: pytest.CaptureFixture[str]) -> None:
    branch = registry.branch(NAME, 2, {"lr_d": 0.001, "epochs": 3}, "Größe 8")
    branch.join()
    assert (branch.snapshot().state, branch.snapshot().batch) == ("finished", 3 * PER_EPOCH)
    shared = 2 * PER_EPOCH
    np.testing.assert_array_equal(branch.series.rows(0, shared), registry.get(NAME).series.rows(0, shared))
    assert branch.snapshot().settings.lr_d == 0.001
    replayed(capsys, branch.name)


def test_what_it_had_set_aside_is_restored(runs: Path, registry: RunRegistry) -> None:
    name = registry.restore_aside(NAME, 1)
    restored = registry.get(name).snapshot()
    assert (restored.batch, restored.state, restored.parent) == (30, "stopped", "First-try")
    assert registry.get(NAME).snapshot().aside == 0
    np.testing.assert_array_equal(figures(runs / name)[:26], figures(runs / NAME)[:26])


def test_a_deleted_one_is_in_the_bin_and_comes_back(registry: RunRegistry) -> None:
    (binned,) = registry.bin.listed()
    assert (binned.title, binned.deleted) == ("First try", 1795857498.076)
    name = registry.restore(binned.key)
    assert name == "First-try"
    assert registry.get(name).snapshot().batch == 15
    finish(registry, name)


def test_a_shipped_one_is_still_hidden(runs: Path, registry: RunRegistry) -> None:
    (runs / "sharp").mkdir()
    shutil.copy(ROOT / "checkpoints" / "sharp" / "run.json", runs / "sharp")
    assert {summary.name: summary.hidden for summary in registry.summaries()} == {NAME: False, "sharp": True}


# --- names on disk -----------------------------------------------------------------------------------------------


def kinds_of_files(folder: Path) -> set[str]:
    """The names of a run's files, with # for each number and for each checksum."""
    paths = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    return {re.sub(r"-[0-9a-f]{8}\.|\d+", "#", path) for path in paths if not path.endswith(".lock")}


def fields(value: Any, at: str = "") -> set[str]:
    """The names of all fields in a JSON value."""
    if isinstance(value, dict):
        return {f"{at}/{name}" for name in value}.union(*(fields(part, f"{at}/{name}") for name, part in value.items()))
    return set().union(*(fields(part, at) for part in value)) if isinstance(value, list) else set()


def names_in_json(folder: Path) -> dict[str, set[str]]:
    """The names in a run's files of JSON, without those of later settings."""
    lines = [json.loads(line) for line in (folder / "commands.jsonl").read_text("utf-8").splitlines()]
    return {
        "run.json": without_later(fields(json.loads((folder / "run.json").read_bytes()))),
        "quality.json": fields(json.loads((folder / "quality.json").read_bytes())),
        "commands.jsonl": fields([{**line, "values": {}} for line in lines]),
    }


def without_later(names: set[str]) -> set[str]:
    return {name for name in names if name.rpartition("/")[2] not in LATER}


def names_in_tensors(path: Path) -> tuple[set[str], dict[str, set[str]]]:
    """The names of a file's tensors, and those in its metadata."""
    with safe_open(path, "pt") as file:
        about = file.metadata() or {}
        told = {
            name: without_later(fields(json.loads(text))) if name == "settings" else set()
            for name, text in about.items()
        }
        return set(file.keys()), told


def test_what_is_written_has_the_same_names(registry: RunRegistry) -> None:
    old, folder = OLD / "runs" / NAME, finish(registry)
    registry.close(measure=True)  # the scores of the last epochs are written, too
    assert kinds_of_files(folder) - LATER_FILES == kinds_of_files(old)
    assert names_in_json(folder) == names_in_json(old)
    assert names_in_tensors(folder / "epochs" / "00006.safetensors") == names_in_tensors(
        old / "epochs" / "00004.safetensors"
    )
    (state,) = folder.glob("state-78-*")
    (before,) = old.glob("state-55-*")
    assert names_in_tensors(state) == names_in_tensors(before)


# --- on the page -------------------------------------------------------------------------------------------------


def test_its_zip_is_uploaded_as_a_new_run_and_goes_on(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    zipped = server.get(f"/api/runs/{NAME}/run.zip").content
    name = server.registry.unpack(io.BytesIO(zipped), "Uploaded.zip")
    assert name == "Uploaded"
    assert server.registry.get(name).snapshot().title == "Größe 7 2"
    old, new = OLD / "runs" / NAME, server.folder / name
    for path in (path.relative_to(old) for path in old.rglob("*") if path.is_file()):
        if path.parts[0] not in ("run.json", "previous.json", "aside"):  # the first holds the title
            assert (new / path).read_bytes() == (old / path).read_bytes()
    finish(server.registry, name)
    assert replayed(capsys, name)["batches"] == 6 * PER_EPOCH


def test_the_train_page_gets_all_of_it(server: Server) -> None:
    with server.view(NAME) as viewer:
        viewer.until_batch(BATCHES)
        np.testing.assert_array_equal(viewer.rows, figures(OLD / "runs" / NAME)[viewer.first :])
        assert viewer.run["title"] == "Größe 7"
        assert len(viewer.marks) == 7
        assert viewer.grid == (OLD / "runs" / NAME / "latest.png").read_bytes()
    for epoch in range(1, 5):
        grid = server.get(f"/api/runs/{NAME}/grids/{epoch}.png").content
        assert grid == (OLD / "runs" / NAME / "grids" / f"{epoch:05}.png").read_bytes()
    told = server.get(f"/api/runs/{NAME}/quality.json").json()
    assert [score["epoch"] for score in told["scores"]] == [1, 2, 3, 4]
    assert told["scores"][-1]["fid"] == 85.7


def test_the_playground_gets_its_epochs_and_weights(server: Server) -> None:
    told = server.get(f"/api/runs/{NAME}/epochs").json()
    assert told["epochs"] == [
        {"epoch": epoch, "batch": epoch * PER_EPOCH, "discriminator": True, "full": epoch in (2, 4)}
        for epoch in range(1, 5)
    ]
    for epoch in range(1, 5):
        weights = server.get(f"/api/runs/{NAME}/weights/{epoch}.safetensors").content
        assert weights == (OLD / "runs" / NAME / "epochs" / f"{epoch:05}.safetensors").read_bytes()
    with server.http() as client:
        for wanted, latent in (("1", 6), ("4", 9), ('"latest"', 9)):
            order = f'{{"epoch": {wanted}, "z": {[[0.5] * latent] * 3}}}'
            made = client.post(f"/api/runs/{NAME}/generate", content=order)
            assert len(made.content) == 3 * 784 + 3 * 4  # pixels, and the discriminator's outputs
