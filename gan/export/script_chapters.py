"""The code of a run's script, chapter by chapter. Each function writes one, with only what the run needs in it.

A script stays under 120 lines: it has single blank lines between functions, no blank lines within chapters if it is
still too long, no titles if that is not enough, and several statements on a line if nothing else helps.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass

from gan.data.class_names import named
from gan.data.image_sets import ALL_DIGITS, TITLES
from gan.export.joined_lines import joined
from gan.export.loop_code import NEW_AVERAGE, loop
from gan.export.plan import ScriptPlan
from gan.training.build import IMAGE_SHAPE
from gan.training.layers import LEVELS, MinibatchStd
from gan.training.networks import CLASSES
from gan.training.random_streams import ON_DEVICE, STREAMS
from gan.training.sampling import GRID_IMAGES

LONGEST = 119  # lines of the whole script
ABOVE = 5  # lines of its docstring and of the blank line below
COLUMNS = 120
PIXELS = math.prod(IMAGE_SHAPE)
NETWORKS = {"g": "generator", "d": "discriminator"}
LOOSE, TIGHT, TIGHTEST, JOINED = range(4)  # blank lines, titles and statements a line, from airy to dense


@dataclass(frozen=True)
class Chapter:
    """A title (or ""), its heading in the script, and Python code that ends in a newline; a cell of the notebook."""

    title: str
    heading: str
    code: str


def chapters(plan: ScriptPlan, *, notebook: bool = False) -> list[Chapter]:
    """The chapters in order; as a script they are under 120 lines, whatever the run contains."""
    tries = (_chapters(plan, density, notebook=notebook) for density in (LOOSE, TIGHT, TIGHTEST))
    fitting = (each for each in tries if ABOVE + _lines(each) <= LONGEST)
    return next(fitting, None) or _chapters(plan, JOINED, notebook=notebook)


def _chapters(plan: ScriptPlan, density: int, *, notebook: bool) -> list[Chapter]:
    contents = {
        "Chance: each use has its own stream of random numbers": _chance(plan, tight=density > LOOSE),
        "Images": _images(plan, notebook=notebook),
        "Networks and optimisers": _networks(plan, tight=density > LOOSE),
        "Training": loop(plan),
        "What the generator makes of the same noise as in the run": _results(plan),
    }
    rest = [_chapter(title, code, density) for title, code in contents.items()]
    room = LONGEST - ABOVE - _lines(rest)
    head = _head(plan, notebook=notebook) + (_moves(plan, room, density) if plan.moves else [])
    return [Chapter("", "", _text(head, tight=False)), *rest]


def _chapter(title: str, code: list[str], density: int) -> Chapter:
    heading = f"\n# --- {title}\n" if density < TIGHTEST else ""
    text = _text(code, tight=density > LOOSE)
    return Chapter(title, heading, joined(text) if density == JOINED else text)


def _lines(chapters: list[Chapter]) -> int:
    """The number of lines that they take, with their headings."""
    return sum((chapter.heading + chapter.code).count("\n") for chapter in chapters)


def _head(plan: ScriptPlan, *, notebook: bool) -> list[str]:
    title = TITLES[plan.settings.dataset]
    data = [
        "parser = argparse.ArgumentParser(description=__doc__)",
        f'parser.add_argument("--data", type=Path, help="the folder with {title}/raw in it (default: looked for)")',
        "DATA = parser.parse_args().data",
    ]
    if notebook:
        data = [f'DATA = None  # or Path("..."), the folder with {title}/raw in it; None: it is looked for']
    return [
        *([] if notebook else ["import argparse"]),
        *(["import copy"] if plan.average else []),
        "import gzip",
        "import math",
        "from pathlib import Path",
        "",
        "import torch",
        "from torch import nn",
        "from torchvision import datasets, utils",
        "",
        *data,
        "torch.set_num_threads(1)  # as in the run: the order in which a sum is made decides its last bits",
        f"BATCHES, BATCH_SIZE = {plan.batches}, {plan.settings.batch_size}",
        f"knobs = {_dict(plan.tabled())}",
    ]


def _moves(plan: ScriptPlan, room: int, density: int) -> list[str]:
    """The knob moves, in at most the lines that the rest of the head leaves."""
    moves = [f"({move.batch}, {_dict(move.values)})," for move in plan.moves]
    alone = '; alone: the one network that learned then, "d" or "g"' if plan.alone else ""
    remark = f"# after so many batches, these knobs were turned{alone}"
    if density >= TIGHTEST:
        return [f"MOVES = [{' '.join(moves)}]  {remark}"]
    left = room - len(_head(plan, notebook=False)) - 2
    return [f"MOVES = [  {remark}", *_packed(moves, left), "]"]


def _chance(plan: ScriptPlan, *, tight: bool) -> list[str]:
    names = ", ".join(f"{name}_rng" for name in STREAMS)
    streams, where = [f"{names} = (torch.Generator().manual_seed(seed) for seed in SEEDS)"], ""
    if plan.device != "cpu":
        places = [plan.device if name in ON_DEVICE else "cpu" for name in STREAMS]
        pairs = f"zip(SEEDS, {places})"
        made = f"(torch.Generator(place).manual_seed(seed) for seed, place in {pairs})"
        streams = [f"{names} = {made}"] if tight else [f"rngs = {made}", f"{names} = rngs"]
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


def _images(plan: ScriptPlan, *, notebook: bool) -> list[str]:
    """The images, read from LiveGAN's or torchvision's files, packed or not; downloaded if there are none."""
    s = plan.settings
    title = TITLES[s.dataset]
    starts, near = ('("_",)', "here or above") if notebook else ('("_", __file__)', "by this script, here or above")
    parts = ("train",) if s.split == "train" else ("train", "t10k")
    images, labels = (_parts(parts, kind) for kind in ("images", "labels"))
    code = [f"images = {images}.view(-1, {PIXELS})"]
    if plan.conditional:
        code += [f"labels = {labels}.long()"]
        labels = "labels"
    kept, there = "", plan.to_device()
    if s.digits != ALL_DIGITS:
        only = "" if s.dataset == "mnist" else f"  # {named(s.dataset, s.digits)}"
        chosen = f"torch.isin({labels}, torch.tensor({list(s.digits)}))"
        kept = "[kept]" if plan.conditional else ""
        code += [f"kept = {chosen}{only}" if plan.conditional else f"images = images[{chosen}]{only}"]
    if plan.conditional and kept + there:
        code += [f"images, labels = images{kept}{there}, labels{kept}{there}"]
    elif there:
        code[-1] += there
    return [
        f'near = [up / sub for at in {starts} for up in Path(at).resolve().parents for sub in ("data", "")]',
        f'found = [up / "{title}/raw" for up in ([DATA] if DATA else near) if [*up.glob("{title}/raw/train-*")]]',
        f"print(f\"Looked for {title} in {{DATA or 'data/ {near}'}}: {{found[0] if found else 'fetching it'}}.\")",
        f'raw = found[0] if found else Path(datasets.{title}(DATA or "data", download=True).raw_folder)',
        "",
        "def read(name):  # one of its files, as bytes without their header",
        '    path = min(raw.glob(f"{name}-*"))',
        '    content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()',
        "    return torch.frombuffer(bytearray(content), dtype=torch.uint8)[4 + 4 * content[3] :]",
        "",
        *code,
        "per_epoch = math.ceil(len(images) / BATCH_SIZE)",
    ]


def _parts(parts: tuple[str, ...], kind: str) -> str:
    read = [f'read("{part}-{kind}")' for part in parts]
    return read[0] if len(read) == 1 else f"torch.cat([{', '.join(read)}])"


def _networks(plan: ScriptPlan, *, tight: bool) -> list[str]:
    s, given = plan.settings, f" + {CLASSES}" if plan.conditional else ""
    return [
        *(_dropout(plan) if plan.dropout("d") else []),
        *(_MINIBATCH_STD if plan.minibatch_std else []),
        *(_ASKED if plan.conditional else []),
        *(_TANH if s.scaling == "-1..1" and plan.rounds_as_fast else []),
        *_network(plan, "g", [f'knobs["latent_dim"]{given}', *map(str, s.g_hidden), str(PIXELS)], tight=tight),
        *_network(plan, "d", [f"{PIXELS}{given}", *map(str, s.d_hidden), "1"], tight=tight),
        "for linear in (layer for layer in (*generator, *discriminator) if isinstance(layer, nn.Linear)):",
        "    for parameter in linear.parameters():  # torch's usual initial weights, from their own stream",
        "        bound = 1 / math.sqrt(linear.in_features)",
        "        nn.init.uniform_(parameter, -bound, bound, generator=weights_rng)",
        *(_optimizer(plan, side) for side in NETWORKS),
        *([f"{NEW_AVERAGE}  # it has followed for so many batches"] if plan.average else []),
        *(_resize(plan) if plan.moved("latent_dim") else []),
    ]


def _network(plan: ScriptPlan, side: str, widths: list[str], *, tight: bool) -> list[str]:
    """A network in one line if it fits (or must), else with one line per layer."""
    *hidden, (fan_in, fan_out) = itertools.pairwise(widths)
    layers = [_hidden_layer(plan, side, *fans) for fans in hidden]
    if side == "d" and plan.minibatch_std:
        layers, fan_in = [*layers, "MinibatchStd()"], f"{fan_in} + 1"
    layers += [f"nn.Linear({fan_in}, {fan_out})"]
    line = f"{NETWORKS[side]} = nn.Sequential({', '.join(layers)})"
    if tight or len(line) <= COLUMNS:
        return [line]
    return [f"{NETWORKS[side]} = nn.Sequential(", *(f"    {layer}," for layer in layers), ")"]


def _hidden_layer(plan: ScriptPlan, side: str, fan_in: str, fan_out: str) -> str:
    norm = side == "g" and plan.norm
    parts = [f"nn.Linear({fan_in}, {fan_out}{', bias=False' if norm else ''})"]
    parts += [f"nn.BatchNorm1d({fan_out})"] if norm else []
    parts += [f"nn.LeakyReLU({plan.settings.leaky_slope!r})"]
    parts += ["Dropout()"] if plan.dropout(side) else []
    return ", ".join(parts)


def _dropout(plan: ScriptPlan) -> list[str]:
    draw = [
        "        bits = torch.empty((x.numel() + 3) // 4, dtype=torch.int64, device=x.device)",
        f"        levels = bits.random_(-(2**63), None, generator=dropout_rng).view(torch.int16)  # {LEVELS} of them",
    ]
    keep = f"levels[: x.numel()].view_as(x) >= drops - {LEVELS // 2}"
    if plan.device == "mps":  # it draws no 64-bit integers
        draw, keep = [], f"torch.empty_like(x).uniform_(generator=dropout_rng) >= drops / {LEVELS}"
    return [
        "class Dropout(nn.Module):  # nn.Dropout, from its own stream",
        "    def forward(self, x):",
        f"        drops = round({plan.value('dropout')} * {LEVELS})",
        "        if drops == 0 or not self.training:",
        "            return x",
        *draw,
        f"        return x * (({keep}) * ({LEVELS} / ({LEVELS} - drops)))",
        "",
    ]


_SPREAD = f"x.var(0, correction=0).add({MinibatchStd.EPSILON!r}).sqrt().mean()"
_MINIBATCH_STD = [
    "class MinibatchStd(nn.Module):  # how much the rows of a batch differ, as one more column",
    "    def forward(self, x):",
    f"        return torch.cat([x, {_SPREAD}.expand(len(x), 1)], 1)",
    "",
]


_ASKED = [
    "def asked(rows):  # with the digit that each is to show behind it, as ten numbers",
    "    return torch.cat([rows, digits], 1)",
    "",
]


_TANH = [
    "def tanh(x):",
    "    y = torch.tanh(x)",
    "    y.data.copy_(torch.sigmoid(2 * x) * 2 - 1)  # the same, rounded as in the run",
    "    return y",
    "",
]


def _optimizer(plan: ScriptPlan, side: str) -> str:
    adam = getattr(plan.settings, f"optimizer_{side}") == "adam"
    fused = ", fused=True" if adam and plan.device != "mps" else ""
    kind = "Adam" if adam else "SGD"
    knobs = plan.optimizer_knobs(side)
    return f"optimizer_{side} = torch.optim.{kind}({NETWORKS[side]}{plan.to_device()}.parameters(), {knobs}{fused})"


def _resize(plan: ScriptPlan) -> list[str]:
    has_columns = "avg.ndim == 2" if plan.settings.optimizer_g == "adam" else "avg is not None"
    behind = ", {old}.data[:, before:]" if plan.conditional else ""  # the columns of the digits
    columns = (
        f"{{network}}[0].weight = nn.Parameter(torch.cat([{{old}}.data[:, :kept], fresh[:, kept:]{behind}], dim=1))"
    )
    resized = [f"    weight = {columns.format(network='generator', old='old')}"]
    if plan.average:
        resized += [f"    {columns.format(network='averaged', old='averaged[0].weight')}"]
    return [
        "",
        "def resize_latent(size):  # columns that stay keep their weights and the optimiser's moments",
        "    old = generator[0].weight",
        *_KEPT[plan.conditional],
        f"    fresh = torch.empty(len(old), size).uniform_(-bound, bound, generator=weights_rng){plan.to_device()}",
        *resized,
        '    optimizer_g.param_groups[0]["params"][0] = weight',
        "    for key, avg in optimizer_g.state.pop(old, {}).items():",
        f"        optimizer_g.state[weight][key] = {_PADDED[plan.conditional]} if {has_columns} else avg",
        f"    return torch.cat([fixed_noise[:, :kept], noise({GRID_IMAGES}, size - kept, fixed_rng)], dim=1)",
    ]


# of a run without labels and of one with labels, whose columns stand behind those of the noise
_KEPT = (
    ["    kept, bound = min(size, old.shape[1]), 1 / math.sqrt(size)"],
    [
        "    before = fixed_noise.shape[1]",
        f"    kept, bound = min(size, before), 1 / math.sqrt(size + {CLASSES})",
    ],
)
_PADDED = (
    "nn.functional.pad(avg[:, :kept], (0, size - kept))",
    "torch.cat([nn.functional.pad(avg[:, :kept], (0, size - kept)), avg[:, before:]], 1)",
)


def generated(plan: ScriptPlan) -> str:
    """The script's expression for the images that the fixed noise became, 64 x C x H x W."""
    images = plan.generated("fixed_noise", f"{plan.shown}.eval()")
    return f"{images}.view(-1, {', '.join(map(str, IMAGE_SHAPE))})"


def _results(plan: ScriptPlan) -> list[str]:
    in_turn = f"torch.tensor({list(plan.settings.digits)})[torch.arange({GRID_IMAGES}) % {len(plan.settings.digits)}]"
    return [
        *([f"digits = torch.eye({CLASSES})[{in_turn}]{plan.to_device()}"] if plan.conditional else []),
        f'utils.save_image({generated(plan)}, "generated.png", nrow=8, normalize=True)',
    ]


# --- parts -------------------------------------------------------------------------------------------------------


def _dict(values: dict[str, object]) -> str:
    return "{" + ", ".join(f'"{name}": {_literal(value)}' for name, value in values.items()) + "}"


def _literal(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else repr(value)


def _packed(entries: list[str], room: int) -> list[str]:
    """The entries in at most `room` lines: one per line if they fit, else several."""
    each = math.ceil(len(entries) / max(1, room))
    return ["    " + " ".join(entries[start : start + each]) for start in range(0, len(entries), each)]


def _text(lines: Iterable[str], *, tight: bool) -> str:
    """The lines, without blank ones if space is short."""
    return "".join(f"{line}\n" for line in lines if line or not tight)
