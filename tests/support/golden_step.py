"""The bits of the training step on record: whoever changes its source decides whether `STEP_VERSION` is raised.

    PYTHONPATH=. .venv/bin/python tests/support/golden_step.py

trains a few batches under several settings and compares every figure and weight with `golden_step.json`. If they are
the same it notes the changed sources there. If they are not, it asks for a higher `STEP_VERSION`, the one in
`gan/recording/step_version.py`, and notes the new bits once it finds one. Last bits depend on the processor and on
torch, so there is a set for each; that of another machine, and a new case, can be added as long as the sources are
those on record. (A schedule of the learning rates needs no case: `gan.runs.halving` turns knobs like anybody.)
"""

from __future__ import annotations

import ast
import hashlib
import io
import json
import sys
import tokenize
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, TypedDict

import numpy as np
import torch

from gan import training
from gan.recording.step_version import STEP_VERSION
from gan.settings import Settings, parse
from gan.training import device, fast_step
from gan.training.trainer import Trainer
from gan.training.trainer_state import capture_state

PATH = Path(__file__).with_suffix(".json")
TRAINING = Path(training.__file__).parent
# all that decides a bit of a run, beside its settings and record
SOURCES = (
    "batch_masks.py", "build.py", "capturable_optimizer.py", "captured_batch.py", "cpu_graph.py",
    "discriminator_pass.py", "ema.py", "epoch_order.py", "fast_step.py", "graph_step.py", "halved_graph.py",
    "halves.py", "latent_resize.py", "layers.py", "live_knobs.py", "losses.py", "networks.py", "optimizer_step.py",
    "own_networks.py", "passes.py", "penalties.py", "penalty_pass.py", "random_streams.py", "reference_step.py",
    "sampling.py", "step_inputs.py", "steps.py", "trainer.py",
)  # fmt: skip
BATCHES = 6


class Golden(TypedDict):
    """What is on record: `bits` and `losses` by machine and case, `sources` by file."""

    version: int
    sources: dict[str, str]
    bits: dict[str, dict[str, str]]
    losses: dict[str, list[list[float]]]


class Case(NamedTuple):
    """A few batches: knobs, those that are turned after some batch, and which network alone learns after some batch."""

    knobs: dict[str, Any]
    moves: Mapping[int, dict[str, Any]] = MappingProxyType({})
    alone: Mapping[int, Literal["d", "g"]] = MappingProxyType({})


SEVENS = {"digits": [7], "device": "cpu"}  # 6,265 images
CASES = {
    "lecture": Case({"device": "cpu"}),
    "sharp": Case(  # larger networks: the preset as it was when its bits were recorded
        {"lr_g": 0.0005, "lr_d": 0.0005, "dropout": 0.4, "latent_dim": 32, "g_hidden": [256, 512], "g_norm": "batch",
         "d_hidden": [512, 256], "dropout_in": "discriminator", "leaky_slope": 0.2, "label_smoothing": 0.1,
         "ema_decay": 0.999, "batch_size": 64, "device": "cpu"},
    ),
    "least squares, SGD, batch norm": Case(
        SEVENS | {"loss": "least-squares", "optimizer_g": "sgd", "optimizer_d": "sgd", "g_norm": "batch",
                  "g_hidden": [48, 64], "d_hidden": [33], "label_smoothing": 0.1, "lr_g": 0.01, "lr_d": 0.01}
    ),
    "Wasserstein, uniform noise, pixels from 0 to 1": Case(
        SEVENS | {"loss": "wasserstein", "noise": "uniform", "scaling": "0..1", "d_steps": 3, "g_steps": 2,
                  "dropout": 0.2, "leaky_slope": 0.2},
        alone={2: "d", 4: "g"},
    ),
    "minimax, averaged, over the end of an epoch, other latent sizes": Case(
        SEVENS | {"loss": "minimax", "ema_decay": 0.9, "batch_size": 2050, "g_hidden": [40], "d_hidden": [40]},
        moves={2: {"latent_dim": 7, "lr_g": 0.002}, 4: {"latent_dim": 30, "dropout": 0.1, "ema_decay": 0.0}},
    ),
    "R1 and R2 on every other batch": Case(
        SEVENS | {"r1_gamma": 1.0, "r2_gamma": 0.5, "penalty_every": 2, "g_norm": "batch", "g_hidden": [48, 64],
                  "d_hidden": [40, 33], "dropout": 0.3, "dropout_in": "discriminator", "leaky_slope": 0.2,
                  "beta1_g": 0.0, "beta1_d": 0.0, "batch_size": 64},
        moves={3: {"penalty_every": 1, "r1_gamma": 10.0}},
    ),
    "labels, additional steps, another latent size": Case(
        {"digits": [3, 7], "device": "cpu", "conditional": "on", "ema_decay": 0.9, "d_steps": 2, "g_steps": 2,
         "g_hidden": [40], "d_hidden": [33, 24], "r1_gamma": 1.0},
        moves={3: {"latent_dim": 12}},
        alone={4: "d", 5: "g"},
    ),
    "relativistic with R1 and R2": Case(
        SEVENS | {"loss": "relativistic", "r1_gamma": 0.5, "r2_gamma": 0.5, "beta2_d": 0.99, "d_hidden": [40, 33]},
        alone={4: "g"},
    ),
    "Wasserstein with a gradient penalty, later without": Case(
        SEVENS | {"loss": "wasserstein", "gradient_penalty": 10.0, "d_steps": 2, "conditional": "on", "dropout": 0.2,
                  "d_hidden": [40, 33]},
        moves={4: {"gradient_penalty": 0.0}},
    ),
    "minibatch standard deviation, from the fast step to the reference step": Case(
        SEVENS | {"minibatch_std": "on", "g_norm": "batch", "g_hidden": [40], "d_hidden": [33, 24], "d_steps": 2},
        moves={3: {"r1_gamma": 1.0}, 5: {"r1_gamma": 0.0}},
    ),
    "the reference step: labels, a gradient penalty": Case(
        SEVENS | {"step": "reference", "loss": "wasserstein", "gradient_penalty": 10.0, "conditional": "on"}
    ),
    "the reference step: R1 and R2, relativistic": Case(
        SEVENS | {"step": "reference", "loss": "relativistic", "r1_gamma": 1.0, "r2_gamma": 1.0, "penalty_every": 2}
    ),
}  # fmt: skip


def machine() -> str:
    """What decides the last bits beside the step: processor and torch, as a run's record names them."""
    return f"{device.processor('cpu')}, torch {torch.__version__}"


def trained(case: Case) -> tuple[list[list[float]], str]:
    """The figures of each batch, and a checksum of them and of the whole state after the last one.

    The fast step captures its operations as soon as it can, so the last batches are replays.
    """
    threads, worth_capturing = torch.get_num_threads(), fast_step.WORTH_CAPTURING
    device.use_one_thread()
    fast_step.WORTH_CAPTURING = 0
    try:
        settings: Settings = parse(case.knobs)
        trainer, rows = Trainer(settings), []
        for batch in range(BATCHES):
            if batch in case.moves:
                trainer.change(trainer.settings.changed(**case.moves[batch]))
            rows.append(list(trainer.step(case.alone.get(batch))))
        digest = hashlib.sha256(np.array(rows, "<f4").tobytes())
        for name, value in sorted(capture_state(trainer).items()):
            digest.update(name.encode() + value.numpy().tobytes())
    finally:
        torch.set_num_threads(threads)
        fast_step.WORTH_CAPTURING = worth_capturing
    return rows, digest.hexdigest()[:16]


def sources(folder: Path = TRAINING) -> dict[str, str]:
    """A checksum of each source file's code; comments, docstrings and blank lines do not count."""
    return {
        name: hashlib.sha256(code_of((folder / name).read_text()).encode()).hexdigest()[:16] for name in sorted(SOURCES)
    }


def code_of(source: str) -> str:
    """The code without comments, docstrings and blank lines, the same for every version of Python."""
    lines = source.splitlines()
    for token in reversed(list(tokenize.generate_tokens(io.StringIO(source).readline))):
        if token.type == tokenize.COMMENT:
            line, column = token.start
            lines[line - 1] = lines[line - 1][:column]
    for text in _docstrings(ast.parse(source)):
        lines[text.lineno - 1 : text.end_lineno] = [""] * (text.end_lineno - text.lineno + 1)
    return "\n".join(line.rstrip() for line in lines if line.strip())


def _docstrings(tree: ast.AST) -> Iterator[Any]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            yield node.body[0]


def read() -> Golden:
    golden: Golden = json.loads(PATH.read_text())
    return golden


def noted(golden: Golden, version: int, code: dict[str, str], here: str, bits: dict[str, str]) -> Golden:
    """What to keep on record after a look at this code and the bits that it makes here.

    Raises:
        ValueError: it cannot be kept as it is; one sentence says what to do.
    """
    if version < golden["version"]:
        raise ValueError(f"STEP_VERSION is {version}, but {golden['version']} is on record; never lower it.")
    if version > golden["version"]:
        return golden | {"version": version, "sources": code, "bits": {here: bits}}
    known = golden["bits"].get(here, {})
    if not bits.keys() <= known.keys() and code != golden["sources"]:
        what = "these cases" if known else "this machine"
        raise ValueError(f"There are no bits of {what} on record to compare with: run this before the change.")
    other = ", ".join(name for name in bits if bits[name] != known.get(name, bits[name]))
    if other:
        raise ValueError(f"The bits differ from those of version {version} ({other}); raise STEP_VERSION.")
    return golden | {"sources": code, "bits": golden["bits"] | {here: bits}}


def main() -> int:
    made = {name: trained(case) for name, case in CASES.items()}
    bits = {name: checksum for name, (_, checksum) in made.items()}
    golden = read() if PATH.exists() else Golden(version=0, sources={}, bits={}, losses={})
    try:
        after = noted(golden, STEP_VERSION, sources(), machine(), bits)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    losses = {name: [[round(x, 6) for x in row[:2]] for row in rows] for name, (rows, _) in made.items()}
    after["losses"] = losses if golden["version"] < STEP_VERSION else losses | golden["losses"]  # those of new cases
    PATH.write_text(json.dumps(after, indent=1) + "\n")
    print(f"Version {STEP_VERSION}: noted for {machine()}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
