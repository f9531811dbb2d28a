"""The exported script and notebook, run as they are, give the run's losses to the last bit."""

from __future__ import annotations

import ast
import csv
import gzip
import json
import runpy
import socket
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
from helpers import BATCHES, SMALL, assert_same_bits, wait_for, wait_for_batch
from hypothesis import given, reject
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from PIL import Image
from torch import nn

from gan.data import idx, image_sets
from gan.export.plan import image_count
from gan.recording import checkpoint
from gan.recording.commands import Resume, SetKnobs, Step
from gan.recording.metric_history import METRICS, Rows
from gan.recording.run_file import read_run_file, write_run_file
from gan.recording.weights import newest_generator
from gan.runs.queue import TrainingQueue
from gan.runs.registry import RunRegistry
from gan.runs.run import Run
from gan.settings import KNOBS, Settings, parse
from gan.training.trainer import Diverged

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
PENALTIES = ("r1_gamma", "r2_gamma", "gradient_penalty")
# 6,265 sevens in batches of 3,132 are three batches an epoch, the last one of a single image.
MODERN = SMALL.changed(g_norm="batch", dropout_in="discriminator", ema_decay=0.99, batch_size=3132)
AVERAGED: Moves = (
    (2, {"latent_dim": 12}),
    (3, {"ema_decay": 0.0, "dropout": 0.2}),
    (4, {"latent_dim": 9}),
    (5, {"latent_dim": 11}),
    (5, {"ema_decay": 0.9}),
    (7, {"ema_decay": 0.0}),
    (7, {"lr_g": 0.002}),
    (7, {"ema_decay": 0.5}),  # a new average
    (8, {"latent_dim": 3, "dropout": 0.7}),
    (9, {"g_steps": 2, "d_steps": 2}),
)


@pytest.fixture(scope="session")
def mnist() -> Path:
    """LiveGAN's own files: a script that finds them fetches nothing."""
    return image_sets.ROOT


def run_here(code: bytes, mnist: Path, folder: Path) -> Rows:
    """Run a script in this process, in a folder of its own; returns the losses that it wrote."""
    names_after(code, mnist, folder)
    return losses(folder)


def names_after(code: bytes, mnist: Path, folder: Path) -> dict[str, Any]:
    """Run a script as `run_here` does; returns what its names stand for at its end."""
    (folder / "data").symlink_to(mnist)
    (folder / "script.py").write_bytes(code)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(sys, "argv", ["script.py"])
        return runpy.run_path("script.py")


def losses(folder: Path) -> Rows:
    with (folder / "losses.csv").open() as file:
        head, *rows = csv.reader(file)
    assert head == ["batch", *METRICS]
    assert [int(row[0]) for row in rows] == list(range(1, len(rows) + 1))
    return np.array([row[1:] for row in rows], np.float32)


def check_code(code: bytes) -> None:
    """Short, with nothing but torch and torchvision, and without an import that is not used."""
    text = code.decode()
    assert len(text.splitlines()) < 120
    tree = ast.parse(text)
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    modules = {node.module or "" if isinstance(node, ast.ImportFrom) else node.names[0].name for node in imports}
    assert {module.split(".")[0] for module in modules} - {"copy", "argparse"} == {
        "gzip",
        "math",
        "pathlib",
        "torch",
        "torchvision",
    }
    ruff = Path(sys.executable).with_name("ruff")
    check: list[str | Path] = [ruff, "check", "--isolated", "--select", "F,E4,E7,E9,I,B006,B008", "-"]
    result = subprocess.run(check, input=code, capture_output=True, check=False)
    assert result.returncode == 0, result.stdout.decode()


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
def test_any_run_is_reproduced_to_the_last_bit(mnist: Path, run: tuple[Settings, Moves, Alone]) -> None:
    settings, moves, alone = run
    with tempfile.TemporaryDirectory() as temporary:
        try:
            rows = write_run(Path(temporary, "any"), settings, 10, moves, alone)
        except Diverged:
            reject()
        code = exported(Path(temporary, "any"), "script").content
        check_code(code)
        check_networks(names_after(code, mnist, Path(temporary)), Path(temporary, "any"))
        assert np.array_equal(losses(Path(temporary)), rows)


def check_networks(names: dict[str, Any], folder: Path) -> None:
    """The script's networks are those of the run's last checkpoint, to the last bit."""
    state = checkpoint.read_state(folder, read_run_file(folder).newest)
    for network in ("generator", "discriminator", *(["averaged"] if "averaged_batches" in state else [])):
        made = weights_of(names[network], network)
        own = {name: value for name, value in state.items() if name.startswith(f"{network}.")}
        own.pop("discriminator.minibatch_std.running_mean", None)  # of which nothing in a script depends
        assert_same_bits(made, own)


def weights_of(network: nn.Sequential, name: str) -> dict[str, torch.Tensor]:
    """The weights of a script's network, by the names that they have in a run."""
    weights: dict[str, torch.Tensor] = {}
    for part, kind in (("linears", nn.Linear), ("norms", nn.BatchNorm1d)):
        for index, layer in enumerate(layer for layer in network if isinstance(layer, kind)):
            weights |= {f"{name}.{part}.{index}.{key}": value for key, value in layer.state_dict().items()}
    return {key: value for key, value in weights.items() if not key.endswith(".num_batches_tracked")}


@pytest.mark.parametrize("loss", KNOBS["loss"].choices)
def test_each_loss_with_moves_of_every_kind(loss: str, mnist: Path, tmp_path: Path) -> None:
    settings = SMALL.changed(loss=loss, digits=[3, 8], batch_size=1001, optimizer_d="sgd")
    alone: Alone = {0: "g", 2: "d", 8: "g", 9: "d", 12: "g", 13: "d", 15: "g"}  # among them with several steps a batch
    rows = write_run(tmp_path / "run", settings, 16, [*MOVED, (12, {"momentum_d": 0.5})], alone)
    code = exported(tmp_path / "run", "script").content
    check_code(code)
    assert np.array_equal(run_here(code, mnist, tmp_path), rows)


@pytest.mark.parametrize("loss", KNOBS["loss"].choices)
def test_a_run_of_the_reference_step_is_reproduced(loss: str, mnist: Path, tmp_path: Path) -> None:
    settings = SMALL.changed(step="reference", loss=loss, digits=[3, 8], batch_size=1001, optimizer_d="sgd")
    rows = write_run(tmp_path / "run", settings, 16, MOVED, {0: "g", 2: "d", 9: "d"})
    code = exported(tmp_path / "run", "script").content
    check_code(code)
    assert np.array_equal(run_here(code, mnist, tmp_path), rows)


@pytest.mark.parametrize("loss", KNOBS["loss"].choices)
@pytest.mark.parametrize("step", ["reference", "fast"])
def test_penalties_are_reproduced(step: str, loss: str, mnist: Path, tmp_path: Path) -> None:
    """Exactly those of the reference step; within rounding those of the fast step, which has them in closed form."""
    settings = SMALL.changed(step=step, loss=loss, optimizer_d="sgd", r1_gamma=1.0, penalty_every=2, scaling="0..1")
    moves: Moves = [
        (3, {"r2_gamma": 0.5, "dropout": 0.2}),
        (6, {"penalty_every": 1, "d_steps": 2}),
        (8, {"r1_gamma": 0.0}),
    ]
    rows = write_run(tmp_path / "run", settings, 12, moves, {7: "g", 9: "d"})
    code = exported(tmp_path / "run", "script").content
    check_code(code)
    found = run_here(code, mnist, tmp_path)
    assert ("to the last bit" in code.decode()) == (step == "reference")
    if step == "reference":
        assert np.array_equal(found, rows)
    else:
        np.testing.assert_allclose(found[:, :2], rows[:, :2], atol=1e-3)


@pytest.mark.parametrize("moved", [False, True])
@pytest.mark.parametrize("step", ["reference", "fast"])
def test_the_gradient_penalty_is_reproduced(step: str, moved: bool, mnist: Path, tmp_path: Path) -> None:
    """As the other penalties are; the code that clips weights is only there if the penalty is ever off."""
    settings = SMALL.changed(step=step, loss="wasserstein", optimizer_d="sgd", gradient_penalty=10.0, d_steps=2)
    moves: Moves = [(3, {"gradient_penalty": 0.0}), (6, {"gradient_penalty": 5.0, "d_steps": 1, "r1_gamma": 1.0})]
    if not moved:
        settings = settings.changed(d_steps=1, conditional="on")
    rows = write_run(tmp_path / "run", settings, 12, moves if moved else [], {7: "g", 9: "d"})
    code = exported(tmp_path / "run", "script").content
    check_code(code)
    assert (b"clamp_" in code) == moved
    found = run_here(code, mnist, tmp_path)
    if step == "reference":
        assert np.array_equal(found, rows)
    else:
        assert b"to the last bit" not in code
        np.testing.assert_allclose(found[:, :2], rows[:, :2], atol=1e-3)


@pytest.mark.parametrize("step", ["reference", "fast"])
def test_a_conditional_run_with_the_minibatch_deviation_is_reproduced(step: str, mnist: Path, tmp_path: Path) -> None:
    told = {"conditional": "on", "minibatch_std": "on", "ema_decay": 0.9}
    settings = SMALL.changed(step=step, digits=[3, 8], batch_size=1001, **told)
    rows = write_run(tmp_path / "run", settings, 16, MOVED, {0: "g", 2: "d", 9: "d"})
    code = exported(tmp_path / "run", "script").content
    check_code(code)
    assert "MinibatchStd(), nn.Linear(16 + 1, 1)" in code.decode()
    names = names_after(code, mnist, tmp_path)
    assert np.array_equal(losses(tmp_path), rows)
    check_networks(names, tmp_path / "run")
    shown = Image.open(tmp_path / "generated.png").convert("L")
    kept = Image.open(tmp_path / "run" / "latest.png")
    assert np.abs(np.asarray(shown, int) - np.asarray(kept, int)).max() <= 1


def test_a_run_whose_step_a_penalty_changed_is_reproduced_within_rounding(mnist: Path, tmp_path: Path) -> None:
    moves: Moves = [(3, {"r1_gamma": 1.0}), (8, {"r1_gamma": 0.0})]
    rows = write_run(tmp_path / "run", SMALL.changed(minibatch_std="on"), 12, moves)
    code = exported(tmp_path / "run", "script").content
    check_code(code)
    assert b"rounds\ndifferently from the run's fast step" in code
    np.testing.assert_allclose(run_here(code, mnist, tmp_path)[:, :2], rows[:, :2], atol=1e-3)


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


def test_normalised_and_averaged_runs_are_reproduced(mnist: Path, tmp_path: Path) -> None:
    """Steered live, with epochs that end in a batch of one image; the average made the picture, too."""
    rows = write_run(tmp_path / "modern", MODERN, 12, AVERAGED, {10: "d"})
    code = exported(tmp_path / "modern", "script").content
    check_code(code)
    names = names_after(code, mnist, tmp_path)
    assert np.array_equal(losses(tmp_path), rows)
    check_networks(names, tmp_path / "modern")
    assert names["followed"] == 5
    assert_same_picture(tmp_path / "generated.png", tmp_path / "modern" / "latest.png")
    generator, _ = newest_generator(tmp_path / "modern")
    with torch.no_grad():
        ours, theirs = generator(names["fixed_noise"]).flatten(1), names["averaged"](names["fixed_noise"]).tanh()
    assert (ours - theirs).abs().max() < 1e-5


@pytest.mark.parametrize("batches", [2, 4, 6])
def test_the_picture_is_the_raw_generators_while_there_is_no_average(batches: int, mnist: Path, tmp_path: Path) -> None:
    moves: Moves = [(1, {"ema_decay": 0.9}), (3, {"ema_decay": 0.0}), (5, {"ema_decay": 0.999})]
    settings = MODERN.changed(ema_decay=0.0, dropout_in="both")
    rows = write_run(tmp_path / "run", settings, batches, moves)
    code = exported(tmp_path / "run", "script").content
    assert (b"averaged.eval()" in code) == (batches != 4)
    check_networks(names_after(code, mnist, tmp_path), tmp_path / "run")
    assert np.array_equal(losses(tmp_path), rows)
    assert_same_picture(tmp_path / "generated.png", tmp_path / "run" / "latest.png")


def test_every_batch_may_be_one_image(mnist: Path, tmp_path: Path) -> None:
    rows = write_run(tmp_path / "run", MODERN.changed(batch_size=1), 5)
    assert np.array_equal(run_here(exported(tmp_path / "run", "script").content, mnist, tmp_path), rows)


def assert_same_picture(one: Path, other: Path) -> None:
    """But for 1 of 255: the two are rounded to bytes differently."""
    pixels = [np.asarray(Image.open(path).convert("L"), int) for path in (one, other)]
    assert np.abs(pixels[0] - pixels[1]).max() <= 1
    assert pixels[0].std() > 1


def test_a_run_steered_in_its_thread_is_reproduced(mnist: Path, tmp_path: Path) -> None:
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
        "import copy",
        "averaged",
        "BatchNorm1d",
        "bias=False",
        "MinibatchStd",
        "asked",
        "labels =",
        "digits =",
    ):
        assert word not in plain, word
    write_run(tmp_path / "rich", SMALL.changed(loss="wasserstein", optimizer_g="sgd"), 12, MOVED)
    rich = exported(tmp_path / "rich", "script").content.decode()
    for word in ("MOVES", "Dropout", "SGD", "resize_latent", "isin", "clamp_(-0.01, 0.01)", "for step", "zs"):
        assert word in rich, word
    assert "smoothing" not in rich  # it does nothing to this loss
    assert "beta1_g" not in rich  # nor this to SGD


def test_a_script_of_new_settings_holds_only_what_its_run_needs(tmp_path: Path) -> None:
    write_run(tmp_path / "modern", MODERN, 2)
    code = exported(tmp_path / "modern", "script").content.decode()
    layers = 'nn.Linear(knobs["latent_dim"], 16, bias=False), nn.BatchNorm1d(16), nn.LeakyReLU(0.01)'
    assert f"generator = nn.Sequential(\n    {layers},\n    nn.Linear(16, 784),\n)" in code
    layers = "nn.Linear(784, 16), nn.LeakyReLU(0.01), Dropout()"
    assert f"discriminator = nn.Sequential({layers}, nn.Linear(16, 1))" in code
    assert "norm.train(len(real) > 1)" in code
    assert code.count("copy.deepcopy") == 1  # it is never begun anew
    for word in ("MOVES", "moved", "resize"):
        assert word not in code, word
    write_run(tmp_path / "even", MODERN.changed(batch_size=512, ema_decay=0), 2, [(1, {"seconds": 60, "epochs": 9})])
    even = exported(tmp_path / "even", "script").content.decode()
    for word in ("norm.train", "copy.deepcopy", "averaged", "MOVES"):
        assert word not in even, word


@pytest.mark.parametrize("split", ["train", "all"])
def test_how_many_images_there_are_is_known_without_them(split: str) -> None:
    for digits in ([7], [0, 3, 9], [*range(10)]):
        assert image_count(SMALL.changed(split=split, digits=digits)) == len(image_sets.load("mnist", split, digits))
    kmnist = SMALL.changed(split=split, dataset="kmnist", digits=[1, 7])
    assert image_count(kmnist) == {"train": 12_000, "all": 14_000}[split]


@pytest.mark.parametrize("device", ["cpu", "cuda", "mps"])
@pytest.mark.parametrize("loss", KNOBS["loss"].choices)
@pytest.mark.parametrize("optimizer", KNOBS["optimizer_g"].choices)
def test_the_longest_possible_scripts_are_short(device: str, loss: str, optimizer: str, tmp_path: Path) -> None:
    """Each has all that can be in a script of this loss, optimiser and device."""
    everything = {"split": "all", "batch_size": 3646, "g_hidden": [16] * 4, "d_hidden": [16] * 4, "dropout_in": "both"}
    everything |= {"conditional": "on", "minibatch_std": "on"}
    settings = MODERN.changed(**everything, loss=loss, optimizer_g=optimizer, optimizer_d=optimizer)
    moves: Moves = [
        (8, {"r1_gamma": 1.0, "r2_gamma": 0.1, "penalty_every": 2}),
        (11, {"lr_d": 0.01, "label_smoothing": 0.1, "gradient_penalty": 10.0}),
    ]
    write_run(tmp_path / "run", settings, 12, sorted([*AVERAGED, *moves], key=lambda move: move[0]), {10: "d"})
    code = of_device(tmp_path / "run", device)
    check_code(code)
    for part in ("MOVES", "Dropout()", "norm.train", "averaged[0]", "is_floating_point", "zs[1:]", 'knobs["alone"]'):
        assert part in code.decode()


def of_device(folder: Path, device: str) -> bytes:
    """The script of a run, had it trained there."""
    written = read_run_file(folder)
    there = written.model_copy(update={"initial_settings": written.initial_settings.changed(device=device)})
    write_run_file(folder, there)
    return exported(folder, "script").content


def test_a_thousand_moves_still_make_a_short_script(mnist: Path, tmp_path: Path) -> None:
    """It is too long for blank lines in its chapters."""
    modern = {"g_norm": "batch", "dropout_in": "discriminator", "ema_decay": 0.99, "batch_size": 3646}
    settings = SMALL.changed(loss="least-squares", noise="uniform", split="all", **modern)
    moves = [(index // 30, {"lr_g": 0.0001 * (1 + index % 7), "latent_dim": 3 + index % 5}) for index in range(1000)]
    alone: Alone = {batch: "dg"[batch % 2] for batch in range(1, 40)}  # type: ignore[misc]
    last: Moves = [(12, {"d_steps": 2, "g_steps": 2}), (13, {"ema_decay": 0.0}), (35, {"ema_decay": 0.9})]
    rows = write_run(tmp_path / "busy", settings, 40, [*MOVED, *moves, *last], alone)
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
    code = of_device(tmp_path / "run", device)
    check_code(code)
    text = code.decode()
    assert f"['cpu', 'cpu', '{device}', '{device}', 'cpu']" in text  # of weights, order, noise, dropout, fixed
    assert text.count(f'.to("{device}")') == 6  # noise, images, each network, new columns, order
    assert ("fused=True" in text) == (device == "cuda")


def test_an_uploaded_runs_version_cannot_put_code_into_the_script(tmp_path: Path) -> None:
    write_run(tmp_path / "run", SMALL, 2)
    evil = read_run_file(tmp_path / "run").model_copy(update={"torch_version": '"""\nraise SystemExit("taken")\n"""'})
    write_run_file(tmp_path / "run", evil)
    tree = ast.parse(exported(tmp_path / "run", "script").content)
    assert not any(isinstance(node, ast.Raise) for node in ast.walk(tree))


def test_the_notebook_is_valid_and_gives_the_losses(mnist: Path, tmp_path: Path) -> None:
    rows = write_run(tmp_path / "run", SMALL, 14, MOVED)
    content, filename, _ = exported(tmp_path / "run", "notebook")
    assert filename == "run.ipynb"
    nbformat.validate(json.loads(content))
    cells = ["".join(cell["source"]) for cell in json.loads(content)["cells"] if cell["cell_type"] == "code"]
    assert sum(len(cell.splitlines()) for cell in cells) < 120
    assert "argparse" not in "".join(cells)  # a cell has no command line, but a name to set
    assert 'DATA = None  # or Path("..."), the folder with MNIST/raw in it; None: it is looked for' in cells[0]
    assert "__file__" not in "".join(cells)
    assert np.array_equal(run_here("\n\n".join(cells).encode(), mnist, tmp_path), rows)


def test_torch_and_its_random_numbers_are_left_to_the_script(mnist: Path, tmp_path: Path) -> None:
    """Nothing in it draws from torch's global generator: a cell may be added between its chapters."""
    rows = write_run(tmp_path / "run", SMALL, 14, MOVED)
    code = exported(tmp_path / "run", "script").content.replace(b"# ---", b"torch.manual_seed(5)\ntorch.rand(3)\n# ---")
    assert np.array_equal(run_here(code, mnist, tmp_path), rows)
    assert torch.get_num_threads() == 1


def test_a_branch_is_reproduced_without_its_parent(mnist: Path, tmp_path: Path) -> None:
    registry = RunRegistry(tmp_path / "runs")
    wait_for(registry.start(SMALL, "parent"), "finished")
    branch = registry.branch("parent", 1, {"lr_g": 0.01, "latent_dim": 3}, "branch")
    wait_for(branch, "finished")
    registry.delete("parent")
    registry.close()
    rows = run_here(exported(tmp_path / "runs" / "branch", "script").content, mnist, tmp_path)
    assert np.array_equal(rows, branch.series.rows(0, 2 * BATCHES))


@pytest.mark.parametrize("title", ['"""\nimport os'.replace("\n", " "), "実験 'eins' \\", "a](x) <b> `c` # d"])
def test_the_title_stands_in_the_headings_and_breaks_neither_code_nor_markdown(tmp_path: Path, title: str) -> None:
    write_run(tmp_path / "titled", SMALL, 2)
    run_file = read_run_file(tmp_path / "titled").model_copy(update={"title": title})
    write_run_file(tmp_path / "titled", run_file)
    code = exported(tmp_path / "titled", "script").content.decode()
    cells = json.loads(exported(tmp_path / "titled", "notebook").content)["cells"]
    kept = "".join(character for character in title if character not in '"\\`*_<>[]#')
    assert (ast.get_docstring(ast.parse(code)) or "").startswith(f'The LiveGAN run "{kept}": ')
    assert "".join(cells[0]["source"]).startswith(f"# {kept}\n")
