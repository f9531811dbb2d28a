"""The code of a run's script, chapter by chapter. Each function writes one, with only what the run needs in it.

Single blank lines between functions keep the longest possible script under 120 lines.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from gan.data import ALL_DIGITS, TITLES
from gan.export.loop_code import loop
from gan.export.plan import Plan
from gan.models import LEVELS
from gan.trainer import GRID_IMAGES, IMAGE_SHAPE, ON_DEVICE, STREAMS

LONGEST = 119  # lines of the whole script
ABOVE = 5  # lines of its docstring and of the blank line below
PIXELS = math.prod(IMAGE_SHAPE)


@dataclass(frozen=True)
class Chapter:
    """A title (or "") and Python code that ends in a newline; a cell of the notebook."""

    title: str
    code: str


def chapters(plan: Plan) -> list[Chapter]:
    """The chapters of the script in order. However many moves a run has, together they are under 120 lines."""
    rest = [
        Chapter("Chance: each use has its own stream of random numbers", _text(_chance(plan))),
        Chapter("Images", _text(_images(plan))),
        Chapter("Networks and optimisers", _text(_networks(plan))),
        Chapter("Training", _text(loop(plan))),
        Chapter("What the generator makes of the same noise as in the run", _text(_results(plan))),
    ]
    taken = sum(chapter.code.count("\n") + 2 for chapter in rest)  # with its title and the blank line above
    functional = any("F." in chapter.code for chapter in rest)
    return [Chapter("", _text(_head(plan, LONGEST - ABOVE - taken, functional))), *rest]


def _head(plan: Plan, room: int, functional: bool) -> list[str]:
    code = [
        "import math",
        "",
        "import torch",
        *(["import torch.nn.functional as F"] if functional else []),
        "from torch import nn",
        "from torchvision import datasets, utils",
        "",
        "torch.set_num_threads(1)  # as in the run: the order in which a sum is made decides its last bits",
        f"BATCHES, BATCH_SIZE = {plan.batches}, {plan.settings.batch_size}",
        f"knobs = {_dict(plan.tabled())}",
    ]
    if plan.moves:
        moves = [f"({move.batch}, {_dict(move.values)})," for move in plan.moves]
        alone = '; alone: the one network that learned then, "d" or "g"' if plan.alone else ""
        code += [f"MOVES = [  # after so many batches, these knobs were turned{alone}"]
        code += [*_packed(moves, room - len(code) - 1), "]"]
    return code


def _chance(plan: Plan) -> list[str]:
    names = ", ".join(f"{name}_rng" for name in STREAMS)
    streams, where = [f"{names} = (torch.Generator().manual_seed(seed) for seed in SEEDS)"], ""
    if plan.device != "cpu":
        places = [plan.device if name in ON_DEVICE else "cpu" for name in STREAMS]
        pairs = f"zip(SEEDS, {places})"
        streams = [f"rngs = [torch.Generator(place).manual_seed(seed) for seed, place in {pairs}]", f"{names} = rngs"]
        where = ", device=rng.device"
    draw = f"torch.randn(count, columns, generator=rng{where})"
    if plan.settings.noise == "uniform":
        draw = f"torch.rand(count, columns, generator=rng{where}) * 2 - 1"
    return [
        f"SEEDS = {plan.seeds()}",
        *streams,
        "",
        "def noise(count, columns, rng):",
        f"    return {draw}{plan.to_device()}",
    ]


def _images(plan: Plan) -> list[str]:
    s = plan.settings
    if s.split == "train":
        code = [f'mnist = datasets.{TITLES[s.dataset]}("data", download=True)', "images = mnist.data.flatten(1)"]
        labels = "mnist.targets"
    else:
        code = [
            f'parts = [datasets.{TITLES[s.dataset]}("data", train=train, download=True) for train in (True, False)]',
            "images = torch.cat([part.data for part in parts]).flatten(1)",
        ]
        labels = "torch.cat([part.targets for part in parts])"
    if s.digits != ALL_DIGITS:
        code += [f"images = images[torch.isin({labels}, torch.tensor({list(s.digits)}))]"]
    code[-1] += plan.to_device()
    return [*code, "per_epoch = math.ceil(len(images) / BATCH_SIZE)"]


def _networks(plan: Plan) -> list[str]:
    s = plan.settings
    dropout = ", Dropout()" if plan.dropout else ""
    to = plan.to_device()
    return [
        *(_dropout(plan) if plan.dropout else []),
        *(_TANH if s.scaling == "-1..1" else []),
        "def network(*widths):  # with torch's usual initial weights, drawn from their own stream",
        "    layers = []",
        "    for fan_in, fan_out in zip(widths, widths[1:]):",
        f"        layers += [nn.Linear(fan_in, fan_out), nn.LeakyReLU({s.leaky_slope!r}){dropout}]",
        f"        for parameter in layers[{-3 if plan.dropout else -2}].parameters():",
        "            bound = 1 / math.sqrt(fan_in)",
        "            nn.init.uniform_(parameter, -bound, bound, generator=weights_rng)",
        f"    return nn.Sequential(*layers[:{-2 if plan.dropout else -1}]){to}",
        "",
        f'generator = network(knobs["latent_dim"], {", ".join(map(str, s.g_hidden))}, {PIXELS})',
        f"discriminator = network({PIXELS}, {', '.join(map(str, s.d_hidden))}, 1)",
        *(_optimizer(plan, side, network) for side, network in (("g", "generator"), ("d", "discriminator"))),
        *(_resize(plan) if plan.moved("latent_dim") else []),
    ]


def _dropout(plan: Plan) -> list[str]:
    keep = [
        "        bits = torch.empty((x.numel() + 3) // 4, dtype=torch.int64, device=x.device)",
        f"        lanes = bits.random_(-(2**63), None, generator=dropout_rng).view(torch.int16)  # {LEVELS} levels",
        f"        keep = lanes[: x.numel()].view_as(x) >= drops - {LEVELS // 2}",
    ]
    if plan.device == "mps":  # it draws no 64-bit integers
        keep = [f"        keep = torch.empty_like(x).uniform_(generator=dropout_rng) >= drops / {LEVELS}"]
    return [
        "class Dropout(nn.Module):  # nn.Dropout, from its own stream",
        "    def forward(self, x):",
        f"        drops = round({plan.value('dropout')} * {LEVELS})",
        "        if drops == 0 or not self.training:",
        "            return x",
        *keep,
        f"        return x * (keep * ({LEVELS} / ({LEVELS} - drops)))",
        "",
    ]


_TANH = [
    "def tanh(x):",
    "    y = torch.tanh(x)",
    "    y.data.copy_(torch.sigmoid(2 * x) * 2 - 1)  # the same, rounded as in the run",
    "    return y",
    "",
]


def _optimizer(plan: Plan, side: str, network: str) -> str:
    adam = getattr(plan.settings, f"optimizer_{side}") == "adam"
    fused = ", fused=True" if adam and plan.device != "mps" else ""
    kind = "Adam" if adam else "SGD"
    knobs = plan.optimizer_knobs(side)
    return f"optimizer_{side} = torch.optim.{kind}({network}.parameters(), {knobs}{fused})"


def _resize(plan: Plan) -> list[str]:
    has_columns = "moment.ndim == 2" if plan.settings.optimizer_g == "adam" else "moment is not None"
    return [
        "",
        "def resize_latent(size):  # columns that stay keep their weights and the optimiser's moments",
        "    global fixed_noise",
        "    old = generator[0].weight",
        "    kept, bound = min(size, old.shape[1]), 1 / math.sqrt(size)",
        f"    fresh = torch.empty(len(old), size).uniform_(-bound, bound, generator=weights_rng){plan.to_device()}",
        "    weight = generator[0].weight = nn.Parameter(torch.cat([old.data[:, :kept], fresh[:, kept:]], dim=1))",
        '    optimizer_g.param_groups[0]["params"][0] = weight',
        "    for name, moment in optimizer_g.state.pop(old, {}).items():",
        "        optimizer_g.state[weight][name] = "
        f"F.pad(moment[:, :kept], (0, size - kept)) if {has_columns} else moment",
        f"    fixed_noise = torch.cat([fixed_noise[:, :kept], noise({GRID_IMAGES}, size - kept, fixed_rng)], dim=1)",
    ]


def generated(plan: Plan) -> str:
    """The script's expression for the images that the fixed noise became, 64 x C x H x W."""
    images = plan.generated("fixed_noise").replace("generator(", "generator.eval()(")
    return f"{images}.view(-1, {', '.join(map(str, IMAGE_SHAPE))})"


def _results(plan: Plan) -> list[str]:
    return [f'utils.save_image({generated(plan)}, "generated.png", nrow=8, normalize=True)']


# --- parts -------------------------------------------------------------------------------------------------------


def _dict(values: dict[str, object]) -> str:
    return "{" + ", ".join(f'"{name}": {_literal(value)}' for name, value in values.items()) + "}"


def _literal(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else repr(value)


def _packed(entries: list[str], room: int) -> list[str]:
    """The entries in at most `room` lines: one each if they fit, else several in a line."""
    each = math.ceil(len(entries) / max(1, room))
    return ["    " + " ".join(entries[start : start + each]) for start in range(0, len(entries), each)]


def _text(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
