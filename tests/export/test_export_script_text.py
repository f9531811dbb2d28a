"""The text of an exported script: short, only what its run needs, and nothing that others put there."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest
from exported_scripts import (
    AVERAGED,
    MODERN,
    MOVED,
    check_code,
    of_device,
)
from exporting import Moves, exported, write_run
from helpers import SMALL

from gan.data import image_sets
from gan.export.plan import image_count
from gan.recording.run_file import read_run_file, write_run_file
from gan.settings import KNOBS


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
