"""The code of a run's script, chapter by chapter. Each function writes one, with only what the run needs in it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from gan.data import ALL_DIGITS, TITLES
from gan.export.loss_code import loss_code
from gan.export.network_code import network_code
from gan.export.plan import Plan
from gan.history import SERIES
from gan.trainer import GRID_IMAGES, ON_DEVICE

LONGEST = 118  # lines of the whole script


@dataclass(frozen=True)
class Chapter:
    """A title (or "") and Python code that ends in a newline; a cell of the notebook."""

    title: str
    code: str


def chapters(plan: Plan) -> list[Chapter]:
    """The chapters of the script in order. However many moves a run has, together they are under 120 lines."""
    rest = [
        Chapter("Chance: each use has its own stream of random numbers", _chance(plan)),
        Chapter("Images", _images(plan)),
        Chapter("The two networks", _text(network_code(plan))),
        Chapter("One step of each network", _text([*_optimizers(plan), *loss_code(plan)])),
        *([Chapter("Turning knobs", _turning(plan))] if plan.moves else []),
        Chapter("Training", _training(plan)),
        Chapter("What came of it", _results()),
    ]
    taken = sum(chapter.code.count("\n") + 3 for chapter in rest)
    head = _head(plan, LONGEST - 8 - taken)
    return [Chapter("", head), *rest]


def _head(plan: Plan, room: int) -> str:
    knobs = ", ".join(f'"{name}": {value!r}' for name, value in plan.tabled().items())
    s = plan.settings
    code = [
        "import csv",
        "import math",
        "",
        "import torch",
        "from torch import nn",
        "from torch.nn import functional as F",
        "from torchvision import datasets",
        "from torchvision.utils import save_image",
        "",
        "torch.set_num_threads(1)  # as in the run: the order in which a sum is made decides its last bits",
        "",
        f"BATCHES, BATCH_SIZE = {plan.batches}, {s.batch_size}",
        f"knobs = {{{knobs}}}",
    ]
    if plan.moves:
        code += ["MOVES = [  # (batches trained by then, knobs that were turned)"]
        code += _packed([f"({move.batch}, {_dict(move.values)})," for move in plan.moves], room - len(code) - 1)
        code += ["]"]
    return _text(code)


def _chance(plan: Plan) -> str:
    code = []
    for name, seed in plan.seeds().items():
        if name == "dropout" and not plan.ever("dropout", 0.0):
            continue
        where = f'"{plan.device}"' if plan.device != "cpu" and name in ON_DEVICE else ""
        code.append(f"{name}_rng = torch.Generator({where}).manual_seed({seed})")
    draw = (
        "torch.randn(count, columns, generator=rng{})"
        if plan.settings.noise == "normal"
        else ("torch.rand(count, columns, generator=rng{}) * 2 - 1")
    )
    draw = draw.format("" if plan.device == "cpu" else ", device=rng.device")
    return _text([*code, "", "", "def noise(count, columns, rng):", f"    return {draw}{plan.to_device()}"])


def _images(plan: Plan) -> str:
    s = plan.settings
    kind = TITLES[s.dataset]
    some = s.digits != ALL_DIGITS
    code = []
    if s.split == "train":
        code += [f'data = datasets.{kind}("data", download=True)', "images = data.data.flatten(1)"]
        labels = "data.targets"
    else:
        code += [f'parts = [datasets.{kind}("data", train=train, download=True) for train in (True, False)]']
        code += ["images = torch.cat([part.data for part in parts]).flatten(1)"]
        labels = "torch.cat([part.targets for part in parts])"
    if some:
        code += [f"images = images[torch.isin({labels}, torch.tensor({list(s.digits)}))]"]
    code[-1] += plan.to_device()
    code += ["per_epoch = math.ceil(len(images) / BATCH_SIZE)", "", "", "def scaled(pixels):"]
    if s.scaling == "-1..1":
        code += ['    """0 to 255 becomes -1 to 1; in one operation, since two would round twice."""']
        code += ["    return torch.add(torch.tensor(-1.0), pixels, alpha=1 / 127.5)"]
    else:
        code += ['    """0 to 255 becomes 0 to 1."""', "    return pixels * (1 / 255)"]
    return _text(code)


def _optimizers(plan: Plan) -> list[str]:
    code = []
    for side, network in (("g", "generator"), ("d", "discriminator")):
        kind = getattr(plan.settings, f"optimizer_{side}")
        fused = ", fused=True" if kind == "adam" and plan.device != "mps" else ""
        name = {"adam": "Adam", "sgd": "SGD"}[kind]
        code += [
            f"optimizer_{side} = torch.optim.{name}(",
            f"    {network}.parameters(), {_optimizer_knobs(plan, side)}{fused}",
            ")",
        ]
    return [*code, "", ""]


def _optimizer_knobs(plan: Plan, side: str) -> str:
    lr = f"lr={plan.value(f'lr_{side}')}"
    if getattr(plan.settings, f"optimizer_{side}") == "sgd":
        return f"{lr}, momentum={plan.value(f'momentum_{side}')}"
    return f"{lr}, betas=({plan.value(f'beta1_{side}')}, {plan.value(f'beta2_{side}')})"


def _turning(plan: Plan) -> str:
    resized = plan.moved("latent_dim")
    code = [
        "def turn(moved):",
        '    """Turn knobs between two batches, as somebody did while the run trained."""',
        *(['    if "latent_dim" in moved:', '        resize_latent(moved["latent_dim"])'] if resized else []),
        "    knobs.update(moved)",
    ]
    code += [
        f"    optimizer_{side}.param_groups[0].update({_optimizer_knobs(plan, side)})"
        for side in ("g", "d")
        if plan.moved(*(f"{knob}_{side}" for knob in ("lr", "beta1", "beta2", "momentum")))
    ]
    return _text([*code, *(_resize(plan) if resized else [])])


def _resize(plan: Plan) -> list[str]:
    return [
        "",
        "",
        "def resize_latent(size):",
        '    """Let the generator take more or fewer numbers; those that stay keep their weights and moments."""',
        "    global fixed_noise",
        "    layer, old = generator[0], generator[0].weight",
        "    kept, bound = min(size, old.shape[1]), 1 / math.sqrt(size)",
        "    fresh = torch.empty(len(old), size).uniform_(-bound, bound, generator=weights_rng)" + plan.to_device(),
        "    layer.weight = nn.Parameter(torch.cat([old.detach()[:, :kept], fresh[:, kept:]], dim=1))",
        "    optimizer_g.param_groups[0][\"params\"][0] = layer.weight",
        "    memory = optimizer_g.state.pop(old, {})",
        "    for key, value in memory.items():",
        "        if torch.is_tensor(value) and value.dim() == 2:",
        "            memory[key] = torch.cat([value[:, :kept], torch.zeros_like(fresh)[:, kept:]], dim=1)",
        "    optimizer_g.state[layer.weight] = memory",
        f"    more = noise({GRID_IMAGES}, size - kept, fixed_rng)",
        "    fixed_noise = torch.cat([fixed_noise[:, :kept], more], dim=1)",
    ]  # fmt: skip


def _training(plan: Plan) -> str:
    more_d, more_g = plan.ever("d_steps", 1), plan.ever("g_steps", 1)
    boundary = "0.5" if plan.settings.loss == "least-squares" else "0"
    draw = 'noise(len(real), knobs["latent_dim"], noise_rng)'
    titles = ", ".join(f'"{name}"' for name in ("batch", *SERIES))
    code = [
        f'fixed_noise = noise({GRID_IMAGES}, knobs["latent_dim"], fixed_rng)',
        f"rows = [[{titles}]]",
        "for batch in range(BATCHES):",
    ]
    if plan.moves:
        code += [
            "    for trained, moved in MOVES:",
            "        if trained == batch:",
            "            turn(moved)",
        ]
    order = "torch.randperm(len(images), generator=order_rng)"
    code += [
        "    if batch % per_epoch == 0:  # an epoch begins: the images in a new order",
        f"        order = {order}{plan.to_device()}.split(BATCH_SIZE)",
        "    real = scaled(images[order[batch % per_epoch]])",
        f"    z = {draw}",
    ]
    if more_d:
        code += [f"    d_noise = [{draw} for _ in range({plan.value('d_steps')} - 1)]"]
    if more_g:
        code += [f"    g_noise = [{draw} for _ in range({plan.value('g_steps')} - 1)]"]
    if more_d:
        code += [
            "    for extra in d_noise:",
            "        train_discriminator(real, generator(extra).detach())",
        ]
    code += [
        "    fake = generator(z)  # 1. fake images from noise",
        "    d_loss, real_logits = train_discriminator(real, fake.detach())  # 2. tell real from fake",
        "    g_loss, fake_logits = train_generator(fake)  # 3. fool the discriminator that has just learned",
    ]
    if more_g:
        code += ["    for extra in g_noise:", "        train_generator(generator(extra))"]
    return _text([
        *code,
        f"    d_real_acc = 100 * (real_logits > {boundary}).float().mean()  # 4. what to remember",
        f"    d_fake_acc = 100 * (fake_logits <= {boundary}).float().mean()",
        f"    rows.append([batch + 1, *torch.stack([{', '.join(SERIES)}]).tolist()])",
        "    if (batch + 1) % per_epoch == 0 or batch + 1 == BATCHES:",
        '        print(f"batch {batch + 1:,}: d_loss {d_loss:.6f}, g_loss {g_loss:.6f}")',
    ])  # fmt: skip


def _results() -> str:
    return _text([
        'with open("losses.csv", "w", newline="") as file:',
        "    csv.writer(file).writerows(rows)",
        "with torch.no_grad():",
        '    save_image(generator.eval()(fixed_noise), "generated.png", nrow=8, normalize=True)',
    ])  # fmt: skip


# --- parts -------------------------------------------------------------------------------------------------------


def _dict(values: dict[str, object]) -> str:
    return "{" + ", ".join(f'"{name}": {value!r}' for name, value in values.items()) + "}"


def _packed(entries: list[str], room: int) -> list[str]:
    """The entries in at most `room` lines: one each if they fit, else several in a line."""
    each = math.ceil(len(entries) / max(1, room))
    return ["    " + " ".join(entries[start : start + each]) for start in range(0, len(entries), each)]


def _text(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
