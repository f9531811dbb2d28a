"""The exported script, run as it is, gives the run's losses to the last bit."""

from __future__ import annotations

import gzip
import runpy
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from exported_scripts import (
    AVERAGED,
    MODERN,
    MOVED,
    assert_same_picture,
    check_code,
    check_networks,
    losses,
    names_after,
    run_here,
)
from exporting import Alone, Moves, exported, write_run
from helpers import BATCHES, SMALL, wait_for, wait_for_batch
from hypothesis import given, reject
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from gan.data import idx, image_sets
from gan.recording.commands import Resume, SetKnobs, Step
from gan.recording.weights import newest_generator
from gan.runs.queue import TrainingQueue
from gan.runs.registry import RunRegistry
from gan.runs.run import Run
from gan.settings import KNOBS, Settings, parse
from gan.training.trainer import Diverged

PENALTIES = ("r1_gamma", "r2_gamma", "gradient_penalty")


@st.composite
def runs(draw: st.DrawFn) -> tuple[Settings, Moves, Alone]:
    """Settings of every kind for small networks, moves of any live knob, and batches of one network alone."""
    kinds = {
        name: st.sampled_from(KNOBS[name].choices)
        for name in (
            "scaling",
            "loss",
            "noise",
            "optimizer_g",
            "optimizer_d",
            "split",
            "g_norm",
            "dropout_in",
            "conditional",
            "minibatch_std",
        )
    }
    live: dict[str, st.SearchStrategy[Any]] = {
        "lr_g": st.floats(1e-5, 1e-3),
        "lr_d": st.floats(1e-5, 1e-3),
        "dropout": st.sampled_from([0.0, 0.0, 0.3, 0.95]),
        "latent_dim": st.integers(1, 40),
        "label_smoothing": st.sampled_from([0.0, 0.1]),
        "ema_decay": st.sampled_from([0.0, 0.5, 0.99]),
        "r1_gamma": st.sampled_from([0.0, 1.0]),
        "r2_gamma": st.sampled_from([0.0, 0.5]),
        "penalty_every": st.integers(1, 3),
        "gradient_penalty": st.sampled_from([0.0, 10.0]),
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
    penalties = any(values.get(name) for name in PENALTIES for values in (chosen, *(moved for _, moved in ordered)))
    step = "reference" if penalties else "auto"  # the fast step has them in closed form, which rounds differently
    return parse({**chosen, "device": "cpu", "step": step}), ordered, draw(alone)


@hypothesis_settings(max_examples=10)
@given(runs())
def test_any_run_is_reproduced_to_the_last_bit(run: tuple[Settings, Moves, Alone]) -> None:
    settings, moves, alone = run
    with tempfile.TemporaryDirectory() as temporary:
        try:
            rows = write_run(Path(temporary, "any"), settings, 10, moves, alone)
        except Diverged:
            reject()
        code = exported(Path(temporary, "any"), "script").content
        check_code(code)
        check_networks(names_after(code, Path(temporary)), Path(temporary, "any"))
        assert np.array_equal(losses(Path(temporary)), rows)


@pytest.mark.parametrize("loss", KNOBS["loss"].choices)
def test_each_loss_with_moves_of_every_kind(loss: str, tmp_path: Path) -> None:
    settings = SMALL.changed(loss=loss, digits=[3, 8], batch_size=1001, optimizer_d="sgd")
    alone: Alone = {0: "g", 2: "d", 8: "g", 9: "d", 12: "g", 13: "d", 15: "g"}  # among them with several steps a batch
    rows = write_run(tmp_path / "run", settings, 16, [*MOVED, (12, {"momentum_d": 0.5})], alone)
    code = exported(tmp_path / "run", "script").content
    check_code(code)
    assert np.array_equal(run_here(code, tmp_path), rows)


@pytest.mark.parametrize("loss", KNOBS["loss"].choices)
def test_a_run_of_the_reference_step_is_reproduced(loss: str, tmp_path: Path) -> None:
    settings = SMALL.changed(step="reference", loss=loss, digits=[3, 8], batch_size=1001, optimizer_d="sgd")
    rows = write_run(tmp_path / "run", settings, 16, MOVED, {0: "g", 2: "d", 9: "d"})
    code = exported(tmp_path / "run", "script").content
    check_code(code)
    assert np.array_equal(run_here(code, tmp_path), rows)


def test_the_lectures_settings_run_as_a_program(tmp_path: Path) -> None:
    """The images are those of the run, too."""
    moves: Moves = [(20, {"lr_d": 0.002}), (30, {"dropout": 0.2, "latent_dim": 30}), (50, {"latent_dim": 50})]
    rows = write_run(tmp_path / "lecture", parse({"device": "cpu"}), 60, moves)
    name = exported(tmp_path / "lecture", "script").filename
    (tmp_path / name).write_bytes(exported(tmp_path / "lecture", "script").content)
    (tmp_path / "data").symlink_to(image_sets.ROOT)
    command = [sys.executable, "-W", "error", name]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")
    assert np.array_equal(losses(tmp_path), rows)
    last = f"batch 60: d_loss {rows[-1, 0]:.6f}, g_loss {rows[-1, 1]:.6f}"
    assert result.stdout.splitlines()[-1] == last
    assert_same_picture(tmp_path / "generated.png", tmp_path / "lecture" / "latest.png")


@pytest.mark.parametrize(
    ("place", "dataset"),
    [("script", "mnist"), ("above the working folder", "mnist"), ("named", "mnist"), ("unpacked", "fashion")],
)
def test_a_script_finds_the_images_wherever_it_is_run(
    place: str, dataset: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a network: nothing can be fetched."""
    title = idx.TITLES[dataset]
    roots = {"script": "scripts", "above the working folder": "work/data", "named": "elsewhere/set",
             "unpacked": "work/here/data"}  # fmt: skip
    raw = tmp_path / roots[place] / title / "raw"
    for folder in (raw, tmp_path / "scripts", tmp_path / "work" / "here"):
        folder.mkdir(parents=True, exist_ok=True)
    for path in (image_sets.ROOT / "MNIST" / "raw").glob("*.gz"):
        if place == "unpacked":
            (raw / path.stem).write_bytes(gzip.decompress(path.read_bytes()))
        else:
            (raw / path.name).symlink_to(path)
    rows = write_run(tmp_path / "run", SMALL, 2)
    code = exported(tmp_path / "run", "script").content.replace(b"MNIST", title.encode())
    script = tmp_path / "scripts" / "again.py"
    script.write_bytes(code)
    given = ["--data", str(tmp_path / roots["named"])] if place == "named" else []
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path / "work" / "here")
        patch.setattr(sys, "argv", [str(script), *given])
        patch.setattr(socket.socket, "connect", None)
        runpy.run_path(str(script))
    printed = capsys.readouterr()
    where = given[1] if given else "data/ by this script, here or above"
    assert printed.err == ""
    assert printed.out.splitlines()[0] == f"Looked for {title} in {where}: {raw}."
    assert np.array_equal(losses(tmp_path / "work" / "here"), rows)


def test_normalised_and_averaged_runs_are_reproduced(tmp_path: Path) -> None:
    """Steered live, with epochs that end in a batch of one image; the average made the picture, too."""
    rows = write_run(tmp_path / "modern", MODERN, 12, AVERAGED, {10: "d"})
    code = exported(tmp_path / "modern", "script").content
    check_code(code)
    names = names_after(code, tmp_path)
    assert np.array_equal(losses(tmp_path), rows)
    check_networks(names, tmp_path / "modern")
    assert names["followed"] == 5
    assert_same_picture(tmp_path / "generated.png", tmp_path / "modern" / "latest.png")
    generator, _ = newest_generator(tmp_path / "modern")
    with torch.no_grad():
        ours, theirs = generator(names["fixed_noise"]).flatten(1), names["averaged"](names["fixed_noise"]).tanh()
    assert (ours - theirs).abs().max() < 1e-5


@pytest.mark.parametrize("batches", [2, 4, 6])
def test_the_picture_is_the_raw_generators_while_there_is_no_average(batches: int, tmp_path: Path) -> None:
    moves: Moves = [(1, {"ema_decay": 0.9}), (3, {"ema_decay": 0.0}), (5, {"ema_decay": 0.999})]
    settings = MODERN.changed(ema_decay=0.0, dropout_in="both")
    rows = write_run(tmp_path / "run", settings, batches, moves)
    code = exported(tmp_path / "run", "script").content
    assert (b"averaged.eval()" in code) == (batches != 4)
    check_networks(names_after(code, tmp_path), tmp_path / "run")
    assert np.array_equal(losses(tmp_path), rows)
    assert_same_picture(tmp_path / "generated.png", tmp_path / "run" / "latest.png")


def test_every_batch_may_be_one_image(tmp_path: Path) -> None:
    rows = write_run(tmp_path / "run", MODERN.changed(batch_size=1), 5)
    assert np.array_equal(run_here(exported(tmp_path / "run", "script").content, tmp_path), rows)


def test_a_run_steered_in_its_thread_is_reproduced(tmp_path: Path) -> None:
    run = Run.new(tmp_path / "steered", SMALL.changed(epochs=3), TrainingQueue(1))
    run.launch(paused=True)
    for _ in range(5):
        run.command(Step())
    wait_for_batch(run, 5)
    run.command(SetKnobs({"lr_g": 0.01, "dropout": 0.0}))
    for command in (Step("d"), Step("d"), Step("g"), *[Step()] * 12):
        run.command(command)
    wait_for_batch(run, 20)
    run.command(SetKnobs({"latent_dim": 20, "epochs": 4, "pace": 500.0, "kept_epochs": 3, "full_every": 2}))
    run.command(SetKnobs({"g_steps": 2}))
    run.command(Resume())
    wait_for(run, "finished")
    run.join()
    code = exported(tmp_path / "steered", "script").content
    assert '(5, {"lr_g": 0.01, "dropout": 0.0, "alone": "d"})' in code.decode()
    assert '(7, {"alone": "g"})' in code.decode()
    assert '(8, {"alone": None})' in code.decode()
    assert '(20, {"latent_dim": 20, "g_steps": 2})' in code.decode()
    rows = run_here(code, tmp_path)
    assert len(rows) == 4 * run.snapshot().batches_per_epoch
    assert np.array_equal(rows, run.series.rows(0, len(rows)))


def test_a_thousand_moves_still_make_a_short_script(tmp_path: Path) -> None:
    """It is too long for blank lines in its chapters."""
    modern = {"g_norm": "batch", "dropout_in": "discriminator", "ema_decay": 0.99, "batch_size": 3646}
    settings = SMALL.changed(loss="least-squares", noise="uniform", split="all", **modern)
    moves = [(index // 30, {"lr_g": 0.0001 * (1 + index % 7), "latent_dim": 3 + index % 5}) for index in range(1000)]
    alone: Alone = {batch: "dg"[batch % 2] for batch in range(1, 40)}  # type: ignore[misc]
    last: Moves = [(12, {"d_steps": 2, "g_steps": 2}), (13, {"ema_decay": 0.0}), (35, {"ema_decay": 0.9})]
    rows = write_run(tmp_path / "busy", settings, 40, [*MOVED, *moves, *last], alone)
    code = exported(tmp_path / "busy", "script").content
    check_code(code)
    assert np.array_equal(run_here(code, tmp_path), rows)


def test_a_move_after_the_last_batch_is_left_out(tmp_path: Path) -> None:
    rows = write_run(tmp_path / "run", SMALL, 4, [(2, {"lr_g": 0.01}), (4, {"latent_dim": 3})])
    code = exported(tmp_path / "run", "script").content
    assert b"resize" not in code
    assert np.array_equal(run_here(code, tmp_path), rows)


def test_a_move_to_where_a_knob_stands_is_none(tmp_path: Path) -> None:
    """It would resize the latent space to its own size, and draw random numbers for that."""
    moves: Moves = [(1, {"latent_dim": 3}), (2, {"latent_dim": 3, "lr_g": SMALL.lr_g}), (2, {"latent_dim": 6})]
    rows = write_run(tmp_path / "run", SMALL, 4, moves)
    code = exported(tmp_path / "run", "script").content
    assert np.array_equal(run_here(code, tmp_path), rows)


def test_torch_and_its_random_numbers_are_left_to_the_script(tmp_path: Path) -> None:
    """Nothing in it draws from torch's global generator: a cell may be added between its chapters."""
    rows = write_run(tmp_path / "run", SMALL, 14, MOVED)
    code = exported(tmp_path / "run", "script").content.replace(b"# ---", b"torch.manual_seed(5)\ntorch.rand(3)\n# ---")
    assert np.array_equal(run_here(code, tmp_path), rows)
    assert torch.get_num_threads() == 1


def test_a_branch_is_reproduced_without_its_parent(tmp_path: Path) -> None:
    registry = RunRegistry(tmp_path / "runs")
    wait_for(registry.start(SMALL, "parent"), "finished")
    branch = registry.branch("parent", 1, {"lr_g": 0.01, "latent_dim": 3}, "branch")
    wait_for(branch, "finished")
    registry.delete("parent")
    registry.close()
    rows = run_here(exported(tmp_path / "runs" / "branch", "script").content, tmp_path)
    assert np.array_equal(rows, branch.series.rows(0, 2 * BATCHES))
