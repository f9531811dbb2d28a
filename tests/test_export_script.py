"""The exported script and notebook, run as they are, give the run's losses to the last bit."""

from __future__ import annotations

import ast
import csv
import gzip
import json
import runpy
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
import torch
from exporting import Alone, Moves, exported, write_run
from helpers import BATCHES, SMALL, wait_for, wait_for_batch
from hypothesis import given, reject
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from PIL import Image

from gan import checkpoint, data
from gan.history import SERIES, Rows
from gan.lab import Lab
from gan.run import Run
from gan.settings import KNOBS, Settings, parse
from gan.slots import Slots
from gan.trainer import Diverged

MOVED: Moves = (
    (0, {"lr_d": 0.001}),
    (3, {"dropout": 0.1, "lr_g": 0.002}),
    (3, {"beta1_g": 0.7, "label_smoothing": 0.1}),
    (5, {"latent_dim": 3}),
    (5, {"latent_dim": 12}),
    (7, {"d_steps": 3, "g_steps": 2, "beta2_d": 0.9}),
    (9, {"dropout": 0.0, "latent_dim": 5}),
    (11, {"d_steps": 1, "g_steps": 3, "latent_dim": 40}),
)


@pytest.fixture(scope="session")
def mnist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What torchvision's `MNIST(download=True)` finds, so that it fetches nothing."""
    root = tmp_path_factory.mktemp("mnist")
    raw = root / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for path in (data.ROOT / "MNIST" / "raw").glob("*.gz"):
        (raw / path.stem).write_bytes(gzip.decompress(path.read_bytes()))
    return root


def run_here(code: bytes, mnist: Path, folder: Path) -> Rows:
    """Run a script in this process, in a folder of its own; returns the losses that it wrote."""
    (folder / "data").symlink_to(mnist)
    (folder / "script.py").write_bytes(code)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        runpy.run_path("script.py")
    return losses(folder)


def losses(folder: Path) -> Rows:
    with (folder / "losses.csv").open() as file:
        head, *rows = csv.reader(file)
    assert head == ["batch", *SERIES]
    assert [int(row[0]) for row in rows] == list(range(1, len(rows) + 1))
    return np.array([row[1:] for row in rows], np.float32)


def check_code(code: bytes) -> None:
    """Short, with nothing but torch and torchvision, and without an import that is not used."""
    text = code.decode()
    assert len(text.splitlines()) < 120
    tree = ast.parse(text)
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    modules = {node.module or "" if isinstance(node, ast.ImportFrom) else node.names[0].name for node in imports}
    assert {module.split(".")[0] for module in modules} == {"math", "torch", "torchvision"}
    ruff = Path(sys.executable).with_name("ruff")
    check: list[str | Path] = [ruff, "check", "--isolated", "--select", "F,E4,E7,E9,I,B006,B008", "-"]
    result = subprocess.run(check, input=code, capture_output=True, check=False)
    assert result.returncode == 0, result.stdout.decode()


@st.composite
def runs(draw: st.DrawFn) -> tuple[Settings, Moves, Alone]:
    """Settings of every kind for small networks, moves of any live knob, and batches of one network alone."""
    kinds = {
        name: st.sampled_from(KNOBS[name].choices)
        for name in ("scaling", "loss", "noise", "optimizer_g", "optimizer_d", "split")
    }
    live: dict[str, st.SearchStrategy[Any]] = {
        "lr_g": st.floats(1e-5, 1e-3),
        "lr_d": st.floats(1e-5, 1e-3),
        "dropout": st.sampled_from([0.0, 0.0, 0.3, 0.95]),
        "latent_dim": st.integers(1, 40),
        "label_smoothing": st.sampled_from([0.0, 0.1]),
        "d_steps": st.integers(1, 3),
        "g_steps": st.integers(1, 3),
        **{
            f"{knob}_{side}": st.sampled_from([0.0, 0.3, 0.9])
            for knob in ("beta1", "beta2", "momentum")
            for side in "gd"
        },
    }
    widths = st.lists(st.integers(1, 24), min_size=1, max_size=3)
    fixed = {
        **kinds,
        "g_hidden": widths,
        "d_hidden": widths,
        "digits": st.sets(st.integers(0, 9), min_size=1),
        "batch_size": st.integers(200, 300),
        "leaky_slope": st.sampled_from([0.0, 0.01, 0.2]),
        "weight_clip": st.sampled_from([0.01, 0.1]),
        "seed": st.integers(0, 2**31 - 1),
    }
    chosen = draw(st.fixed_dictionaries(fixed, optional=live))
    moves = st.tuples(st.integers(0, 9), st.fixed_dictionaries({}, optional=live).filter(bool))
    ordered = sorted(draw(st.lists(moves, max_size=6)), key=lambda move: move[0])
    alone: st.SearchStrategy[Alone] = st.dictionaries(st.integers(0, 9), st.sampled_from(["d", "g"]), max_size=4)
    return parse({**chosen, "device": "cpu"}), ordered, draw(alone)


@hypothesis_settings(max_examples=10)
@given(runs())
def test_any_run_is_reproduced_to_the_last_bit(mnist: Path, run: tuple[Settings, Moves, Alone]) -> None:
    settings, moves, alone = run
    with tempfile.TemporaryDirectory() as temporary:
        try:
            rows = write_run(Path(temporary, "any"), settings, 10, moves, alone)
        except Diverged:
            reject()
        code = exported(Path(temporary, "any"), "script").content
        check_code(code)
        assert np.array_equal(run_here(code, mnist, Path(temporary)), rows)


@pytest.mark.parametrize("loss", KNOBS["loss"].choices)
def test_each_loss_with_moves_of_every_kind(loss: str, mnist: Path, tmp_path: Path) -> None:
    settings = SMALL.changed(loss=loss, digits=[3, 8], batch_size=1001, optimizer_d="sgd")
    alone: Alone = {0: "g", 2: "d", 8: "g", 9: "d", 12: "g", 13: "d", 15: "g"}  # among them with several steps a batch
    rows = write_run(tmp_path / "run", settings, 16, [*MOVED, (12, {"momentum_d": 0.5})], alone)
    code = exported(tmp_path / "run", "script").content
    check_code(code)
    assert np.array_equal(run_here(code, mnist, tmp_path), rows)


def test_the_lectures_settings_run_as_a_program(mnist: Path, tmp_path: Path) -> None:
    """The images are those of the run, too."""
    moves: Moves = [(20, {"lr_d": 0.002}), (30, {"dropout": 0.2, "latent_dim": 30}), (50, {"latent_dim": 50})]
    rows = write_run(tmp_path / "lecture", parse({"device": "cpu"}), 60, moves)
    name = exported(tmp_path / "lecture", "script").filename
    (tmp_path / name).write_bytes(exported(tmp_path / "lecture", "script").content)
    (tmp_path / "data").symlink_to(mnist)
    command = [sys.executable, "-W", "error", name]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")
    assert np.array_equal(losses(tmp_path), rows)
    last = f"batch 60: d_loss {rows[-1, 0]:.6f}, g_loss {rows[-1, 1]:.6f}"
    assert result.stdout.splitlines()[-1] == last
    ours = np.asarray(Image.open(tmp_path / "lecture" / "latest.png"), int)
    theirs = np.asarray(Image.open(tmp_path / "generated.png").convert("L"), int)
    assert np.abs(ours - theirs).max() <= 1  # of 255: the two pictures are rounded to bytes differently


def test_a_run_steered_in_its_thread_is_reproduced(mnist: Path, tmp_path: Path) -> None:
    run = Run.new(tmp_path / "steered", SMALL.changed(epochs=3), Slots(1))
    run.launch(paused=True)
    for _ in range(5):
        run.command("step")
    wait_for_batch(run, 5)
    run.command("set", {"lr_g": 0.01, "dropout": 0.0})
    for kind in ("step_d", "step_d", "step_g", *["step"] * 12):
        run.command(kind)
    wait_for_batch(run, 20)
    run.command("set", {"latent_dim": 20, "epochs": 4, "pace": 500.0, "kept_epochs": 3, "full_every": 2})
    run.command("set", {"g_steps": 2})
    run.command("resume")
    wait_for(run, "finished")
    run.join()
    code = exported(tmp_path / "steered", "script").content
    assert '(5, {"lr_g": 0.01, "dropout": 0.0, "alone": "d"})' in code.decode()
    assert '(7, {"alone": "g"})' in code.decode()
    assert '(8, {"alone": None})' in code.decode()
    assert '(20, {"latent_dim": 20, "g_steps": 2})' in code.decode()
    rows = run_here(code, mnist, tmp_path)
    assert len(rows) == 4 * run.snapshot().batches_per_epoch
    assert np.array_equal(rows, run.series.rows(0, len(rows)))


def test_a_script_holds_only_what_its_run_needs(tmp_path: Path) -> None:
    write_run(tmp_path / "plain", SMALL.changed(dropout=0.0), 2)
    plain = exported(tmp_path / "plain", "script").content.decode()
    for word in (
        "MOVES",
        "Dropout",
        "sgd",
        "SGD",
        "resize",
        "isin(data",
        "clamp",
        "smoothing",
        "for step",
        "zs",
        "cuda",
        "alone",
    ):
        assert word not in plain, word
    write_run(tmp_path / "rich", SMALL.changed(loss="wasserstein", optimizer_g="sgd"), 12, MOVED)
    rich = exported(tmp_path / "rich", "script").content.decode()
    for word in ("MOVES", "Dropout", "SGD", "resize_latent", "isin", "clamp_(-0.01, 0.01)", "for step", "zs"):
        assert word in rich, word
    assert "smoothing" not in rich  # it does nothing to this loss
    assert "beta1_g" not in rich  # nor this to SGD


def test_a_thousand_moves_still_make_a_short_script(mnist: Path, tmp_path: Path) -> None:
    settings = SMALL.changed(loss="least-squares", noise="uniform", split="all")
    moves = [(index // 30, {"lr_g": 0.0001 * (1 + index % 7), "latent_dim": 3 + index % 5}) for index in range(1000)]
    alone: Alone = {batch: "dg"[batch % 2] for batch in range(1, 40)}  # type: ignore[misc]
    rows = write_run(tmp_path / "busy", settings, 40, [*MOVED, *moves, (12, {"d_steps": 2, "g_steps": 2})], alone)
    code = exported(tmp_path / "busy", "script").content
    check_code(code)
    assert np.array_equal(run_here(code, mnist, tmp_path), rows)


def test_a_move_after_the_last_batch_is_left_out(mnist: Path, tmp_path: Path) -> None:
    rows = write_run(tmp_path / "run", SMALL, 4, [(2, {"lr_g": 0.01}), (4, {"latent_dim": 3})])
    code = exported(tmp_path / "run", "script").content
    assert b"resize" not in code
    assert np.array_equal(run_here(code, mnist, tmp_path), rows)


def test_a_move_to_where_a_knob_stands_is_none(mnist: Path, tmp_path: Path) -> None:
    """It would resize the latent space to its own size, and draw random numbers for that."""
    moves: Moves = [(1, {"latent_dim": 3}), (2, {"latent_dim": 3, "lr_g": SMALL.lr_g}), (2, {"latent_dim": 6})]
    rows = write_run(tmp_path / "run", SMALL, 4, moves)
    code = exported(tmp_path / "run", "script").content
    assert np.array_equal(run_here(code, mnist, tmp_path), rows)


@pytest.mark.parametrize("device", ["cuda", "mps"])
def test_a_run_of_a_gpu_goes_back_there(device: str, tmp_path: Path) -> None:
    write_run(tmp_path / "run", SMALL, 12, MOVED)
    written = checkpoint.read(tmp_path / "run")
    there = written.model_copy(update={"initial_settings": written.initial_settings.changed(device=device)})
    checkpoint.write_run_file(tmp_path / "run", there)
    code = exported(tmp_path / "run", "script").content
    check_code(code)
    text = code.decode()
    assert f"['cpu', 'cpu', '{device}', '{device}', 'cpu']" in text  # of weights, order, noise, dropout, fixed
    assert text.count(f'.to("{device}")') == 5  # noise, images, networks, new columns, order
    assert ("fused=True" in text) == (device == "cuda")


def test_an_uploaded_runs_version_cannot_put_code_into_the_script(tmp_path: Path) -> None:
    write_run(tmp_path / "run", SMALL, 2)
    evil = checkpoint.read(tmp_path / "run").model_copy(update={"torch_version": '"""\nraise SystemExit("taken")\n"""'})
    checkpoint.write_run_file(tmp_path / "run", evil)
    tree = ast.parse(exported(tmp_path / "run", "script").content)
    assert not any(isinstance(node, ast.Raise) for node in ast.walk(tree))


def test_the_notebook_is_valid_and_gives_the_losses(mnist: Path, tmp_path: Path) -> None:
    rows = write_run(tmp_path / "run", SMALL, 14, MOVED)
    content, filename, _ = exported(tmp_path / "run", "notebook")
    assert filename == "run.ipynb"
    nbformat.validate(json.loads(content))
    cells = ["".join(cell["source"]) for cell in json.loads(content)["cells"] if cell["cell_type"] == "code"]
    assert sum(len(cell.splitlines()) for cell in cells) < 120
    assert np.array_equal(run_here("\n\n".join(cells).encode(), mnist, tmp_path), rows)


def test_torch_and_its_random_numbers_are_left_to_the_script(mnist: Path, tmp_path: Path) -> None:
    """Nothing in it draws from torch's global generator: a cell may be added between its chapters."""
    rows = write_run(tmp_path / "run", SMALL, 14, MOVED)
    code = exported(tmp_path / "run", "script").content.replace(b"# ---", b"torch.manual_seed(5)\ntorch.rand(3)\n# ---")
    assert np.array_equal(run_here(code, mnist, tmp_path), rows)
    assert torch.get_num_threads() == 1


def test_a_branch_is_reproduced_without_its_parent(mnist: Path, tmp_path: Path) -> None:
    lab = Lab(tmp_path / "runs")
    wait_for(lab.start(SMALL, "parent"), "finished")
    branch = lab.branch("parent", 1, {"lr_g": 0.01, "latent_dim": 3}, "branch")
    wait_for(branch, "finished")
    lab.delete("parent")
    lab.close()
    rows = run_here(exported(tmp_path / "runs" / "branch", "script").content, mnist, tmp_path)
    assert np.array_equal(rows, branch.series.rows(0, 2 * BATCHES))
