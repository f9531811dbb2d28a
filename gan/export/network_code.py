"""The script's two networks, with the run's own streams of random numbers for initial weights and dropout."""

from __future__ import annotations

import math
from collections.abc import Iterable

from gan.export.plan import Plan
from gan.models import LEVELS
from gan.trainer import IMAGE_SHAPE

PIXELS = math.prod(IMAGE_SHAPE)


def network_code(plan: Plan) -> list[str]:
    """The lines that make `generator` and `discriminator`, initialised as the run's were."""
    s = plan.settings
    tanh = s.scaling == "-1..1"
    dropout = plan.ever("dropout", 0.0)
    generator = _layers('knobs["latent_dim"]', s.g_hidden, PIXELS, s.leaky_slope, dropout)
    discriminator = _layers(str(PIXELS), s.d_hidden, 1, s.leaky_slope, dropout)
    to = plan.to_device()
    return [
        "def linear(fan_in, fan_out):",
        '    """A linear layer with the initial weights that torch gives it, drawn from their own stream."""',
        "    layer, bound = nn.Linear(fan_in, fan_out), 1 / math.sqrt(fan_in)",
        "    for parameter in layer.parameters():",
        "        nn.init.uniform_(parameter, -bound, bound, generator=weights_rng)",
        "    return layer",
        *(_dropout(plan) if dropout else []),
        *(_TANH if tanh else []),
        "",
        "",
        "generator = nn.Sequential(",
        *(f"    {layer}," for layer in [*generator, "Tanh()" if tanh else "nn.Sigmoid()"]),
        f"){to}",
        "discriminator = nn.Sequential(",
        *(f"    {layer}," for layer in [*discriminator, "nn.Flatten(0)"]),
        f"){to}",
    ]


def _layers(fan_in: str, hidden: Iterable[int], fan_out: int, slope: float, dropout: bool) -> list[str]:
    layers = []
    for width in hidden:
        layers.append(f"linear({fan_in}, {width}), nn.LeakyReLU({slope!r})" + (", Dropout()" if dropout else ""))
        fan_in = str(width)
    return [*layers, f"linear({fan_in}, {fan_out})"]


def _dropout(plan: Plan) -> list[str]:
    where = "" if plan.device == "cpu" else ", device=x.device"
    if plan.device == "mps":  # it draws no 64-bit integers
        keep = [f"        keep = torch.empty_like(x).uniform_(generator=dropout_rng) >= drops / {LEVELS}"]
    else:
        keep = [
            f"        bits = torch.empty((x.numel() + 3) // 4, dtype=torch.int64{where})",
            "        bits.random_(-(2**63), None, generator=dropout_rng)",
            f"        keep = bits.view(torch.int16)[: x.numel()].view_as(x) >= drops - {LEVELS // 2}",
        ]
    return [
        "",
        "",
        "class Dropout(nn.Module):",
        f'    """nn.Dropout from a stream of our own: 16 random bits, a number below {LEVELS}, for each unit."""',
        "",
        "    def forward(self, x):",
        f"        drops = round({plan.value('dropout')} * {LEVELS})",
        "        if not self.training or drops == 0:",
        "            return x",
        *keep,
        f"        return x * (keep * ({LEVELS} / ({LEVELS} - drops)))",
    ]


_TANH = [
    "",
    "",
    "class Tanh(nn.Module):",
    '    """tanh as the run computed it, by way of the sigmoid: it rounds differently, and torch does it faster."""',
    "",
    "    class Function(torch.autograd.Function):",
    "        @staticmethod",
    "        def forward(ctx, x):",
    "            ctx.save_for_backward(y := torch.sigmoid(2 * x) * 2 - 1)",
    "            return y",
    "",
    "        @staticmethod",
    "        def backward(ctx, grad):",
    "            return torch.ops.aten.tanh_backward(grad, *ctx.saved_tensors)",
    "",
    "    def forward(self, x):",
    "        return Tanh.Function.apply(x)",
]
