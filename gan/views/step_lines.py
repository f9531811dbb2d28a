"""The lines of `reference_step.py` that each stage of a batch stands for, found in the running module's own source."""

from __future__ import annotations

import ast
import inspect
from typing import NamedTuple

from gan.training import reference_step

FILE = reference_step.__file__
SOURCE = inspect.getsource(reference_step)  # read once, when the module is imported: what is shown is what runs


class StageLines(NamedTuple):
    """How the lines of a stage begin in the function that they stand in, in the order in which they run."""

    function: str
    beginnings: tuple[str, ...]


STAGES = {
    "inputs": StageLines("train_step", ("def train_step(", "real: Tensor,", "inputs: BatchInputs,")),
    "extra_d": StageLines("train_step", ("for step, extra in enumerate(inputs.d_noise):",)),
    "fakes": StageLines("train_step", ("fake = generator(inputs.z",)),
    "d_logits": StageLines("_step_discriminator", ("real_logits = ", "fake_logits = ")),
    "d_loss": StageLines("_step_discriminator", ("d_loss = ",)),
    "d_rests": StageLines("_step_discriminator", ("if not learns:",)),
    "d_gradients": StageLines("_step_discriminator", ("d_loss.backward(",)),
    "d_penalty": StageLines("_step_discriminator", ("penalty = r1_and_r2(", "penalty.backward(")),
    "d_gradient_penalty": StageLines(
        "_step_discriminator",
        ("images = between(", "gradients = pixel_gradients(", "(objective.gradient_penalty * "),
    ),
    "d_update": StageLines("_step_discriminator", ("optimizer.step()",)),
    "d_clip": StageLines("_step_discriminator", ("parameter.clamp_(",)),
    "g_logits": StageLines("_step_generator", ("fake_logits = ",)),
    "g_loss": StageLines("_step_generator", ("g_loss = ",)),
    "g_rests": StageLines("_step_generator", ("if not learns:",)),
    "g_gradients": StageLines("_step_generator", ("g_loss.backward(",)),
    "g_update": StageLines("_step_generator", ("optimizer.step()",)),
    "extra_g": StageLines("train_step", ("for extra in inputs.g_noise:",)),
    "metrics": StageLines("train_step", ("d_real_acc = ", "d_fake_acc = ", "return BatchMetrics(")),
}


def find_lines(source: str, stages: dict[str, StageLines] = STAGES) -> dict[str, tuple[int, ...]]:
    """The numbers of the lines of each stage in the source (from 1).

    Whoever changes the algorithm may remove lines: a stage is left out if one of its lines is missing or ambiguous.
    """
    lines = source.splitlines()
    spans = {
        node.name: range(node.lineno, (node.end_lineno or node.lineno) + 1)
        for node in ast.parse(source).body
        if isinstance(node, ast.FunctionDef)
    }
    found = {}
    for stage, (function, beginnings) in stages.items():
        span = spans.get(function, range(0))
        numbers = [[n for n in span if lines[n - 1].strip().startswith(text)] for text in beginnings]
        if all(len(each) == 1 for each in numbers):
            found[stage] = tuple(each[0] for each in numbers)
    return found
