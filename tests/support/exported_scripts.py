"""What the tests of exported scripts share: running one, and holding what it makes against its run."""

from __future__ import annotations

import ast
import csv
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from exporting import Moves, exported
from helpers import SMALL, assert_same_bits
from PIL import Image
from torch import nn

from gan.data import image_sets
from gan.recording import checkpoint
from gan.recording.metric_history import METRICS, Rows
from gan.recording.run_file import read_run_file, write_run_file

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


def run_here(code: bytes, folder: Path) -> Rows:
    """Run a script in this process, in a folder of its own; returns the losses that it wrote."""
    names_after(code, folder)
    return losses(folder)


def names_after(code: bytes, folder: Path) -> dict[str, Any]:
    """Run a script as `run_here` does; returns what its names stand for at its end."""
    (folder / "data").symlink_to(image_sets.ROOT)
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


def assert_same_picture(one: Path, other: Path) -> None:
    """But for 1 of 255: the two are rounded to bytes differently."""
    pixels = [np.asarray(Image.open(path).convert("L"), int) for path in (one, other)]
    assert np.abs(pixels[0] - pixels[1]).max() <= 1
    assert pixels[0].std() > 1


def of_device(folder: Path, device: str) -> bytes:
    """The script of a run, had it trained there."""
    written = read_run_file(folder)
    there = written.model_copy(update={"initial_settings": written.initial_settings.changed(device=device)})
    write_run_file(folder, there)
    return exported(folder, "script").content
