"""The next batch of a run in slow motion: the tensors at each stage of the reference step, taken on a copy of the run.

The copy trains the batch through `reference_step.py` itself, which is watched line by line, so the figures are those of
the very batch that the run trains next: the same images, noise and dropout masks from the same weights. Through the
fast step the run's own figures differ from them by rounding.
"""

from __future__ import annotations

import base64
import math
import re
from dataclasses import dataclass, field
from functools import partial
from types import FrameType
from typing import Any, Literal

import torch
from torch import Tensor, nn

from gan.errors import LiveGANError
from gan.training.losses import LOSSES
from gan.training.networks import Discriminator, Generator
from gan.training.trainer import Diverged, Trainer
from gan.views.line_trace import watching
from gan.views.loss_curves import discriminator_terms, generator_terms
from gan.views.run_copy import RunCopy
from gan.views.step_lines import FILE, SOURCE, STAGES, find_lines

MOST_IMAGES = 16  # of each kind that are shown
MOST_NOISE = 32  # numbers of a latent vector that are shown
NOT_FINITE = "The next batch makes a number that is not finite, so the run would end there; lower a learning rate."

LINES = find_lines(SOURCE)
# the stage that is complete once a line has run; "inputs" is as soon as the function is called
AFTER = {
    (STAGES[stage].function, lines[0] if stage == "inputs" else lines[-1]): stage for stage, lines in LINES.items()
}


@dataclass(frozen=True)
class Stage:
    """One stage of a batch.

    Attributes:
        name: a key of `STAGES`.
        lines: the numbers of its lines in `reference_step.py`.
        shown: its figures and images, as JSON values.
    """

    name: str
    lines: tuple[int, ...]
    shown: dict[str, Any]


def trace_batch(copy: RunCopy, only: Literal["d", "g"] | None = None) -> list[Stage]:
    """The stages of the batch that follows, in the order in which they run.

    Args:
        only: the one network that learns, as in `train_step`.

    Raises:
        LiveGANError: a loss is not finite, or the images or the device of the run are not here.
    """
    observer = _Observer(copy.trainer(), only)
    try:
        observer.train()
    except Diverged:
        raise LiveGANError(NOT_FINITE) from None
    return observer.stages


@dataclass
class _Observer:
    """Notes the stages while the trainer trains."""

    trainer: Trainer
    only: Literal["d", "g"] | None
    stages: list[Stage] = field(default_factory=list)
    calls: dict[str, int] = field(default_factory=dict)  # of each function so far
    extra_losses: dict[str, list[float]] = field(default_factory=lambda: {"d": [], "g": []})
    pixel_gradients: Tensor | None = None
    before: dict[str, Tensor] = field(default_factory=dict)  # parameters before the update under way
    # of each network: the units that dropout switched off for the first image of a batch, layer by layer so far
    dropped: dict[str, list[str]] = field(default_factory=lambda: {"g": [], "d": []})

    def train(self) -> None:
        """Raises `Diverged`."""
        for side, network, _ in self.trainer.sides():
            if isinstance(network, Generator | Discriminator):
                network.dropout.register_forward_hook(partial(self._note_dropped, side))
        with watching(FILE, self._line):
            metrics = self.trainer.step(self.only)
        if self.extra_losses["g"]:
            self._add("extra_g", losses=self.extra_losses["g"])
        self._add("metrics", **metrics._asdict())

    def _note_dropped(self, side: str, _layer: nn.Module, before: tuple[Tensor, ...], after: Tensor) -> None:
        off = (after.detach()[0] == 0) & (before[0].detach()[0] != 0)
        self.dropped[side].append("".join(map(str, off.int().tolist())))

    def _line(self, frame: FrameType, line: int) -> None:
        function = frame.f_code.co_name
        if line == frame.f_code.co_firstlineno:
            self.calls[function] = self.calls.get(function, 0) + 1
        stage = AFTER.get((function, line))
        if stage is None:
            return
        if self._is_extra(function):
            if stage in ("d_loss", "g_loss"):
                self.extra_losses[stage[0]].append(_number(frame.f_locals[stage]))
        elif (observe := getattr(self, f"_{stage}", None)) is not None:
            observe(frame.f_locals)

    def _is_extra(self, function: str) -> bool:
        """Whether this call is one of the steps that `d_steps` and `g_steps` add to the lecture's."""
        settings = self.trainer.settings
        if function == STAGES["d_loss"].function:
            return self.calls[function] < (1 if self.only == "g" else settings.d_steps)
        return function == STAGES["g_loss"].function and self.calls[function] > 1

    def _add(self, name: str, **shown: Any) -> None:
        self.stages.append(Stage(name, LINES.get(name, ()), shown))

    # --- one method a stage: what it shows of the variables that the reference step has there ---------------------

    def _inputs(self, at: dict[str, Any]) -> None:
        real, z = at["real"], at["inputs"].z
        noise = [[_rounded(x) for x in row] for row in z[:MOST_IMAGES, :MOST_NOISE].flatten(1).tolist()]
        labels = at["inputs"].labels
        wanted = None if labels is None else labels[:MOST_IMAGES].tolist()
        shapes = {"real_shape": list(real.shape), "z_shape": list(z.shape)}
        self._add("inputs", real=self._images(real), noise=noise, labels=wanted, **shapes)

    def _fakes(self, at: dict[str, Any]) -> None:
        if self.extra_losses["d"]:
            self._add("extra_d", losses=self.extra_losses["d"])
        fake = at["fake"]
        fake.register_hook(self._keep_pixel_gradients)
        low, high = float(fake.detach().min()), float(fake.detach().max())
        shown = {"shape": list(fake.shape), "low": _rounded(low), "high": _rounded(high)}
        self._add("fakes", fake=self._images(fake), dropped=self._last_dropped("g"), **shown)

    def _keep_pixel_gradients(self, gradients: Tensor) -> None:
        self.pixel_gradients = gradients.detach()

    def _d_logits(self, at: dict[str, Any]) -> None:
        fake, real = self._last_dropped("d"), self._last_dropped("d", 1)
        logits = {"real": _numbers(at["real_logits"]), "fake": _numbers(at["fake_logits"])}
        self._add("d_logits", dropped_real=real, dropped_fake=fake, **logits)

    def _d_loss(self, at: dict[str, Any]) -> None:
        objective = at["objective"]
        loss, label = LOSSES[objective.loss], objective.real_label
        terms = discriminator_terms(loss, at["real_logits"], at["fake_logits"], label)
        self._add("d_loss", **_loss(at["d_loss"], terms))

    def _d_rests(self, _at: dict[str, Any]) -> None:
        if self.only == "g":
            self._add("d_rests")

    def _d_gradients(self, at: dict[str, Any]) -> None:
        self._add("d_gradients", parameters=self._gradients(at["discriminator"]))

    def _d_penalty(self, at: dict[str, Any]) -> None:
        factor, objective = at["inputs"].penalty_factor, at["objective"]
        gammas = {"r1": factor * objective.r1_gamma, "r2": factor * objective.r2_gamma}
        self._add("d_penalty", parameters=self._gradients(at["discriminator"]), **gammas)

    def _d_gradient_penalty(self, at: dict[str, Any]) -> None:
        norm = _number(at["gradients"].norm(dim=1).mean())
        self._add("d_gradient_penalty", parameters=self._gradients(at["discriminator"]), norm=norm)

    def _d_update(self, at: dict[str, Any]) -> None:
        self._add("d_update", parameters=self._updates(at["discriminator"]))

    def _g_logits(self, at: dict[str, Any]) -> None:
        if at["objective"].weight_clip is not None and self.only != "g":
            clip, parameters = self.trainer.settings.weight_clip, list(self.trainer.discriminator.parameters())
            clipped = sum(int((parameter.detach().abs() >= clip).sum()) for parameter in parameters)
            self._add("d_clip", clip=clip, clipped=clipped, of=sum(parameter.numel() for parameter in parameters))
        real = at.get("real_logits")  # of a loss that compares pairs
        self._add("g_logits", fake=_numbers(at["fake_logits"]), real=None if real is None else _numbers(real))

    def _g_loss(self, at: dict[str, Any]) -> None:
        terms = generator_terms(LOSSES[at["objective"].loss], at["fake_logits"], at.get("real_logits"))
        self._add("g_loss", **_loss(at["g_loss"], terms))

    def _g_rests(self, _at: dict[str, Any]) -> None:
        if self.only == "d":
            self._add("g_rests")

    def _g_gradients(self, at: dict[str, Any]) -> None:
        gradients = self.pixel_gradients
        if gradients is None:  # whoever changed the algorithm has no such line where the images are made
            self._add("g_gradients", parameters=self._gradients(at["generator"]), ink=None)
            return
        largest = float(gradients.abs().max())
        ink = (gradients[:MOST_IMAGES] * (-127 / largest if largest else 0.0)).round().add(128)
        wanted = {"pixels": _packed(ink), "largest": largest, "norm": float(gradients.flatten(1).norm(dim=1).mean())}
        self._add("g_gradients", parameters=self._gradients(at["generator"]), ink=wanted)

    def _g_update(self, at: dict[str, Any]) -> None:
        self._add("g_update", parameters=self._updates(at["generator"]))

    # --- parts ---------------------------------------------------------------------------------------------------

    def _last_dropped(self, side: str, ago: int = 0) -> list[str]:
        """The units that dropout switched off for the first image, a digit each ("1": off), a text for each layer.

        Args:
            ago: how many times the network has computed since. Networks of a run's own have none.
        """
        settings = self.trainer.settings
        layers = len(settings.g_hidden if side == "g" else settings.d_hidden)
        masks = self.dropped[side]
        return masks[len(masks) - (ago + 1) * layers : len(masks) - ago * layers]

    def _images(self, images: Tensor) -> str:
        """The first images, a byte a pixel, in base64."""
        low, high = (-1.0, 1.0) if self.trainer.settings.scaling == "-1..1" else (0.0, 1.0)
        return _packed((images.detach()[:MOST_IMAGES] - low) * (255 / (high - low)))

    def _gradients(self, network: nn.Module) -> list[dict[str, Any]]:
        """For each parameter the sizes of its gradient and its weights (norms)."""
        self.before = {name: value.detach().clone() for name, value in network.named_parameters()}
        return [
            _about(name, parameter) | {
                "gradient": _norm(parameter.grad), "weights": _norm(parameter),
                "largest": _number(parameter.grad.abs().max()),
            }
            for name, parameter in network.named_parameters()
            if parameter.grad is not None
        ]  # fmt: skip

    def _updates(self, network: nn.Module) -> list[dict[str, Any]]:
        """For each parameter the size of its update, and the weight with the largest gradient before and after."""
        found = []
        for name, parameter in network.named_parameters():
            if parameter.grad is None:
                continue
            before, index = self.before[name], int(parameter.grad.abs().argmax())
            example = {
                "place": [int(place) for place in torch.unravel_index(torch.tensor(index), parameter.shape)],
                "before": _number(before.flatten()[index]), "gradient": _number(parameter.grad.flatten()[index]),
                "after": _number(parameter.flatten()[index]),
            }  # fmt: skip
            sizes = {"update": _norm(parameter.detach() - before), "weights": _norm(before), "example": example}
            found.append(_about(name, parameter) | sizes)
        return found


_LAYER = re.compile(r"(linears|norms)\.(\d+)\.(weight|bias)")


def _about(name: str, parameter: Tensor) -> dict[str, Any]:
    """The name and shape of a parameter, in words where it is one of our fully connected networks'."""
    match = _LAYER.fullmatch(name)
    if match is None:
        return {"name": name, "shape": list(parameter.shape)}
    kind, number, part = match.groups()
    words = {"linears": {"weight": "weights", "bias": "biases"}, "norms": {"weight": "scales", "bias": "shifts"}}
    layer = "layer" if kind == "linears" else "normalisation"
    return {"name": f"{layer} {int(number) + 1}, {words[kind][part]}", "shape": list(parameter.shape)}


def _loss(loss: Tensor, terms: list[dict[str, Any]]) -> dict[str, Any]:
    """A loss and its terms, or no terms if they are not those of the algorithm, which someone has changed."""
    value = _number(loss)
    total = sum(term["weight"] * term["mean"] for term in terms)
    return {"loss": value, "terms": terms if math.isclose(total, value, rel_tol=1e-3, abs_tol=1e-3) else []}


def _packed(levels: Tensor) -> str:
    pixels = levels.detach().flatten(1).nan_to_num().round().clamp(0, 255).byte()
    return base64.b64encode(pixels.cpu().numpy().tobytes()).decode()


def _norm(values: Tensor) -> float:
    return _number(values.detach().norm())


def _number(value: Tensor) -> float:
    return float(value.detach())


def _numbers(logits: Tensor) -> list[float]:
    return [float(f"{x:.6g}") for x in logits.detach().flatten().tolist()]


def _rounded(x: float) -> float:
    return float(f"{x:.4g}")
