"""The playground's routes: what its page cannot compute by itself.

It runs fully connected generators in the browser; another architecture runs here, and so does the search for the
nearest training image.
"""

from __future__ import annotations

import base64
import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import torch
from pydantic import BaseModel, Field, ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from torch import Tensor, nn

from gan import strict_json
from gan.data.class_names import named
from gan.errors import prefixed
from gan.quality import memorization
from gan.quality.feature_stats import ReferenceStatsError
from gan.quality.memorization import Originals
from gan.quality.nearest import PIXELS, nearest
from gan.quality.reference import ready, reference
from gan.recording import epochs, networks_file, weights
from gan.recording.atomic_files import DamagedRun
from gan.runs.run import Run
from gan.server.application import the_application
from gan.server.http import Refusal, small_body
from gan.server.path_parameters import run_of
from gan.server.trainer_peek import peek
from gan.settings import Settings
from gan.training.networks import CLASSES, apply
from gan.training.own_networks import OwnNetworks, build_pair_of_kept_weights
from gan.training.trainer import Trainer

MOST_IMAGES = 256  # made by one request
MAX_GENERATE_REQUEST = 4_194_304  # bytes: MOST_IMAGES latent vectors of 512 numbers, written out in full
UNPACKED = {"Content-Encoding": "identity"}  # numbers hardly shrink, and the server would spend 80 ms a MB on trying

T = TypeVar("T")


def routes(base: str) -> list[BaseRoute]:
    return [
        Route(base + "/api/runs/{name}/nearest", nearest_image, methods=["POST"]),
        Route(base + "/api/runs/{name}/generate", generate, methods=["POST"]),
    ]


async def nearest_image(request: Request) -> Response:
    """Post 784 bytes of pixels; the fields of `Nearest` as JSON, its pixels in base64, and whether it is a copy."""
    pixels = await small_body(request, PIXELS)
    if len(pixels) != PIXELS:
        raise Refusal(400, "The body must be the 784 pixels of one image, one byte each.")
    run = await run_of(request)
    found = await _compute(lambda: _nearest(pixels, run.snapshot().settings))
    return strict_json.response(found)


def _nearest(pixels: bytes, settings: Settings) -> dict[str, Any]:
    """Raises `DataError`."""
    found = nearest(pixels, settings)
    told = dataclasses.asdict(found) | {"pixels": base64.b64encode(found.pixels).decode()}
    return told | memorization.told_of(pixels, found.index, _originals(settings))


def _originals(settings: Settings) -> Originals | None:
    """The limits of copies that measured quality uses; None before there are any of this data set."""
    try:
        return reference(settings).originals if ready(settings) else None
    except ReferenceStatsError:
        return None


async def generate(request: Request) -> Response:
    """Post a `GenerateRequest`; the pixels of its images, a byte each, behind one another.

    Then, if a discriminator is kept, its output for each image before any activation, little-endian float32.
    """
    body = await small_body(request, MAX_GENERATE_REQUEST)
    wanted = await _compute(lambda: _parse(body))
    run = await run_of(request)
    with prefixed("These images cannot be made", DamagedRun):
        content = await _images(run, wanted)
    return Response(content, media_type="application/octet-stream", headers=UNPACKED)


class GenerateRequest(BaseModel):
    """Latent vectors, and which weights shall make images of them; `raw`: not the averaged ones.

    `labels` are the digits to draw, one for each vector: of a conditional run, and of no other.
    """

    epoch: Annotated[int, Field(ge=0, le=10_000)] | Literal["latest"]
    z: Annotated[
        list[Annotated[list[Annotated[float, Field(ge=-1000, le=1000)]], Field(max_length=512)]],
        Field(min_length=1, max_length=MOST_IMAGES),
    ]
    labels: Annotated[list[Annotated[int, Field(ge=0, lt=CLASSES)]], Field(max_length=MOST_IMAGES)] | None = None
    raw: bool = False


def _parse(body: bytes) -> GenerateRequest:
    try:
        return GenerateRequest.model_validate_json(body)
    except ValidationError:
        raise Refusal(
            400,
            f'The body must be JSON such as {{"epoch": 3, "z": [[0.1, ...], ...]}}, with 1 to {MOST_IMAGES} vectors '
            'of numbers from -1000 to 1000; for a run with chosen digits also "labels": [7, ...], one digit for each.',
        ) from None


# --- images ------------------------------------------------------------------------------------------------------


async def _images(run: Run, wanted: GenerateRequest) -> bytes:
    """From the training thread if the newest images of a run that trains are wanted, else from its files."""
    if wanted.epoch == "latest":
        content = await peek(run, lambda trainer: _of_trainer(trainer, wanted))
        if content is not None:
            return content
    return await _compute(lambda: _of_files(run.folder, wanted))


def _of_trainer(trainer: Trainer, wanted: GenerateRequest) -> bytes:
    generator = trainer.generator if wanted.raw or trainer.ema is None else trainer.ema.generator
    return _packed(generator, trainer.discriminator, trainer.settings, wanted)


def _of_files(folder: Path, wanted: GenerateRequest) -> bytes:
    """Raises `DamagedRun`."""
    tensors, settings, _ = weights.newest(folder) if wanted.epoch == "latest" else epochs.read(folder, wanted.epoch)
    own = networks_file.of_run(folder)
    generator = weights.generator_of(tensors, settings, own, raw=wanted.raw)
    return _packed(generator, _discriminator(folder, tensors, settings, own), settings, wanted)


def _discriminator(
    folder: Path, tensors: Mapping[str, Tensor], settings: Settings, own: OwnNetworks | None
) -> nn.Module | None:
    """The discriminator that was kept with a generator, or that of the newest epoch which kept one."""
    if not any(name.startswith("discriminator.") for name in tensors):
        kept = [each.epoch for each in epochs.list_kept(folder) if each.discriminator]
        if not kept:
            return None
        tensors, settings, _ = epochs.read(folder, kept[-1])
    prefix = "discriminator."
    discriminator = build_pair_of_kept_weights(settings, own)[1]
    try:
        discriminator.load_state_dict(
            {n.removeprefix(prefix): value for n, value in tensors.items() if n.startswith(prefix)}
        )
    except RuntimeError:
        raise DamagedRun("the discriminator's weights do not fit the run's settings.") from None
    return discriminator


def _packed(
    generator: nn.Module, discriminator: nn.Module | None, settings: Settings, wanted: GenerateRequest
) -> bytes:
    """The answer of `generate`; the networks are left as they were."""
    if any(len(vector) != settings.latent_dim for vector in wanted.z):
        raise Refusal(400, f"A latent vector of this generator has {settings.latent_dim} numbers.")
    _check_labels(settings, wanted)
    device = next(generator.parameters()).device
    labels = None if wanted.labels is None else torch.tensor(wanted.labels, device=device)
    images = _evaluated(generator, torch.tensor(wanted.z, device=device), labels)
    low, high = (-1.0, 1.0) if settings.scaling == "-1..1" else (0.0, 1.0)
    levels = ((images - low) * (255 / (high - low))).nan_to_num().round().clamp(0, 255)
    content = levels.byte().cpu().numpy().tobytes()
    return (
        content
        if discriminator is None
        else content + _evaluated(discriminator, images, labels).cpu().numpy().astype("<f4").tobytes()
    )


def _check_labels(settings: Settings, wanted: GenerateRequest) -> None:
    """Refuse a request without the labels that the run's generator needs, or with labels that it does not know."""
    if settings.conditional == "off":
        if wanted.labels is not None:
            raise Refusal(400, 'This run draws digits of its own choice, so leave out "labels".')
        return
    if wanted.labels is None or len(wanted.labels) != len(wanted.z):
        raise Refusal(400, 'This run draws chosen digits: add "labels", one digit from 0 to 9 for each vector.')
    unknown = sorted(set(wanted.labels) - set(settings.digits))
    if unknown:
        raise Refusal(400, f"This run has never seen {named(settings.dataset, unknown)}; choose among its own digits.")


def _evaluated(network: nn.Module, x: Tensor, labels: Tensor | None) -> Tensor:
    """The network's output without dropout and without a gradient; its training mode is restored afterwards."""
    training = network.training
    network.eval()
    with torch.no_grad():
        output = apply(network, x, labels)
    network.train(training)
    return output


# --- parts -------------------------------------------------------------------------------------------------------


async def _compute(work: Callable[[], T]) -> T:
    """Raises `Busy`."""
    return await the_application().computations.run(work)
