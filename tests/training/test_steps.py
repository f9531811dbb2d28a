"""A run trains through the reference step or the fast step: both learn the same, and each is exact in itself."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from helpers import SMALL, assert_same_bits
from trainers import OPTIONS, assert_alike, knobs_of, steps

from gan.settings import KNOBS, Settings
from gan.training.fast_step import FastStep
from gan.training.step_inputs import Pair
from gan.training.steps import ReferenceStep, choose_step, make_step
from gan.training.trainer import Trainer
from gan.training.trainer_state import capture_state, restore_state

HOUSE = Path(__file__).parents[2]


def pair(**knobs: Any) -> tuple[Trainer, Trainer]:
    """The same run with each step; epochs end in a smaller batch."""
    reference, fast = (Trainer(SMALL.changed(step=step, **knobs)) for step in ("reference", "fast"))
    return reference, fast


@pytest.mark.parametrize("penalties", [{}, {"r1_gamma": 1.0, "r2_gamma": 0.5}])
@pytest.mark.parametrize("loss", KNOBS["loss"].choices)
def test_both_steps_agree_on_every_loss(loss: str, penalties: dict[str, Any]) -> None:
    assert_alike(*pair(**knobs_of(loss), **penalties), 12, atol=1e-3)


@pytest.mark.parametrize("option", OPTIONS)
def test_both_steps_agree_on_every_option(option: str) -> None:
    assert_alike(*pair(**OPTIONS[option]), 12, atol=1e-3)


def test_both_steps_agree_when_knobs_move_and_one_network_learns_alone() -> None:
    trainers = pair()
    for moved in ({"latent_dim": 5, "dropout": 0.1}, {"lr_g": 0.002, "ema_decay": 0.5}, {"label_smoothing": 0.1},
                  {"r1_gamma": 1.0, "penalty_every": 2}, {"r1_gamma": 0.0, "r2_gamma": 2.0}):  # fmt: skip
        for trainer in trainers:
            trainer.change(trainer.settings.changed(**moved))
        assert_alike(*trainers, 3, atol=1e-3)
    for only in ("d", "g"):
        expected, found = (trainer.step(only) for trainer in trainers)
        assert tuple(found) == pytest.approx(tuple(expected), abs=1e-4)


def test_the_reference_step_resumes_to_the_last_bit() -> None:
    settings = SMALL.changed(step="reference", dropout=0.4, ema_decay=0.9)
    one = Trainer(settings)
    steps(one, 7)
    other = Trainer(settings)
    restore_state(other, one.batch, capture_state(one))
    assert steps(one, 9) == steps(other, 9)
    theirs = capture_state(other)
    assert all(torch.equal(value, theirs[name]) for name, value in capture_state(one).items())


def test_a_run_whose_step_a_penalty_changes_agrees_with_the_reference_step_and_resumes_to_the_last_bit() -> None:
    """Torch's Adam counts the steps of each parameter, where the fast step has one count for all."""
    runs = reference, changing, resumed = [
        Trainer(SMALL.changed(step=step, minibatch_std="on")) for step in ("reference", "auto", "auto")
    ]
    for penalty in (0.0, 1.0, 0.0):
        for trainer in runs:
            trainer.change(trainer.settings.changed(r1_gamma=penalty))
        assert_alike(reference, changing, batches=3)
        restore_state(resumed, changing.batch, capture_state(changing))
        assert steps(resumed, 2) == steps(changing, 2)
        assert_same_bits(capture_state(resumed), capture_state(changing))
        steps(reference, 2)


def test_auto_takes_the_fast_step() -> None:
    trainer = Trainer(SMALL)
    pair = Pair(trainer.generator, trainer.discriminator, trainer.optimizer_g, trainer.optimizer_d)
    assert choose_step(Settings()).step == choose_step(Settings(step="fast")).step == "fast"
    assert isinstance(make_step(Settings(), pair, 10), FastStep)
    assert choose_step(Settings(step="reference")).step == "reference"
    assert choose_step(Settings(minibatch_std="on")).step == "fast"
    for penalty in ({"r1_gamma": 1.0}, {"r2_gamma": 1.0}, {"loss": "wasserstein", "gradient_penalty": 1.0}):
        assert (
            choose_step(Settings(minibatch_std="on").changed(**penalty)).step == "reference"
        )  # that is not written out
    assert choose_step(Settings(minibatch_std="on", gradient_penalty=1.0)).step == "fast"  # no effect on this loss
    assert isinstance(make_step(Settings(step="reference"), pair, 10), ReferenceStep)


def test_on_a_gpu_auto_takes_the_graph_and_an_explicit_step_is_taken_as_it_is() -> None:
    assert choose_step(Settings(), device="cuda").step == "graph"
    assert choose_step(Settings(minibatch_std="on", r1_gamma=1.0), device="cuda").step == "graph"
    assert choose_step(Settings(step="reference"), device="cuda").step == "reference"
    assert choose_step(Settings(step="fast"), device="cuda").step == "fast"
    assert choose_step(Settings(), own=True, device="cuda").step == "reference"


FIRST_BATCH = """
from gan.settings import Settings
from gan.training.trainer import Trainer
for step in ("reference", "fast"):
    print(Trainer(Settings(step=step, digits=[7], batch_size=1000, device="cpu")).step().d_loss)
"""


def test_the_readmes_change_of_the_algorithm_is_seen_at_once(tmp_path: Path) -> None:
    """The hinge loss of untrained networks, whose logits are small, is about 1; the lecture's is about 0.7."""
    shutil.copytree(HOUSE / "gan", tmp_path / "gan", ignore=shutil.ignore_patterns("__pycache__", "app", "vendor"))
    (tmp_path / "data").symlink_to(HOUSE / "data")
    section = (HOUSE / "README.md").read_text("utf-8").split("### Change the algorithm")[1]
    with (tmp_path / "gan" / "training" / "reference_step.py").open("a") as file:
        file.write(section.split("```python\n")[1].split("```")[0])
    command = [sys.executable, "-c", FIRST_BATCH]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    hinge, lecture = map(float, result.stdout.split())
    assert hinge == pytest.approx(1.05, abs=0.15)
    assert lecture == pytest.approx(0.72, abs=0.08)
