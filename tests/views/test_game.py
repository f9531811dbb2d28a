"""The figures of the tab Game are those of a plain computation in torch, for random settings."""

from __future__ import annotations

import io
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from helpers import SMALL
from PIL import Image
from torch import Tensor, nn

from gan.data import image_sets
from gan.quality import classifier, feature_stats
from gan.quality.nearest import nearest
from gan.settings import Settings
from gan.training.build import build_networks
from gan.training.networks import apply
from gan.training.sampling import draw_noise
from gan.training.trainer import Trainer
from gan.views import catalogue, image_map, images, moment, projection
from gan.views.moment import Moment
from gan.views.outputs import outputs
from gan.views.verdicts import STEP, explanation, verdicts

LOSS_NAMES = ("non-saturating", "minimax", "least-squares", "wasserstein", "relativistic")


class Case:
    """A trained pair of random settings, as views get it, and as plain networks that share nothing with it."""

    def __init__(self, seed: int) -> None:
        draw = random.Random(seed)
        self.settings = SMALL.changed(
            digits=draw.choice([(7,), (0, 1), (3, 8, 9)]),
            loss=LOSS_NAMES[seed % len(LOSS_NAMES)],
            g_hidden=draw.choice([(16,), (24, 12)]),
            d_hidden=draw.choice([(16,), (20, 10)]),
            g_norm=draw.choice(["none", "batch"]),
            ema_decay=draw.choice([0.0, 0.9]),
            scaling=draw.choice(["-1..1", "0..1"]),
            noise=draw.choice(["normal", "uniform"]),
            split=draw.choice(["train", "all"]),
            conditional=draw.choice(["off", "on"]),
            latent_dim=draw.choice([3, 8, 20]),
            lr_g=0.01,
            lr_d=0.01,
        )
        trainer = Trainer(self.settings)
        for _ in range(12):
            trainer.step()
        self.moment = moment.of_captured(moment.capture(trainer))
        self.trained, self.discriminator = build_networks(self.settings)
        self.trained.load_state_dict(trainer.generator.state_dict())
        self.discriminator.load_state_dict(trainer.discriminator.state_dict())
        self.shown = self.trained
        if trainer.ema is not None:
            self.shown = build_networks(self.settings)[0]
            self.shown.load_state_dict(trainer.ema.generator.state_dict())
        for network in (self.trained, self.shown, self.discriminator):
            network.eval()
        self.fixed_noise = trainer.fixed_noise

    def labels(self, count: int) -> Tensor | None:
        """Of a conditional run: its digits in turn."""
        if self.settings.conditional == "off":
            return None
        return torch.tensor([self.settings.digits[i % len(self.settings.digits)] for i in range(count)])

    def noise(self) -> Tensor:
        rng = torch.Generator().manual_seed(images.NOISE_SEED)
        return draw_noise(500, 512, self.settings.noise, rng)[:, : self.settings.latent_dim]

    def pixels(self, network: nn.Module, z: Tensor) -> Tensor:
        with torch.no_grad():
            made = apply(network, z, self.labels(len(z)))
        low = -1.0 if self.settings.scaling == "-1..1" else 0.0
        return ((made - low) / (1 - low) * 255).round().clamp(0, 255).byte().flatten(1)


@pytest.fixture(scope="module", params=range(6))
def case(request: pytest.FixtureRequest) -> Case:
    return Case(request.param)


def close(found: Any, expected: Tensor) -> None:
    np.testing.assert_allclose(np.asarray(found), expected.detach().numpy(), atol=2e-4, rtol=2e-4)


def nearly_equal(found: Any, expected: Tensor) -> None:
    """Bytes that a rounding may have parted by 1."""
    assert np.abs(np.asarray(found).astype(int) - expected.numpy().astype(int)).max() <= 1


def test_outputs_and_the_shares_that_are_judged_rightly(case: Case) -> None:
    found = outputs(case.moment)
    settings = case.settings
    every = image_sets.load(settings.dataset, settings.split, settings.digits)
    chosen = torch.randperm(len(every), generator=torch.Generator().manual_seed(6))[:500].sort().values
    boundary = 0.5 if settings.loss == "least-squares" else 0.0
    with torch.no_grad():
        inputs = image_sets.scaled(every.images[chosen], settings.scaling)
        known, asked = (None, None) if case.labels(1) is None else (every.labels[chosen].long(), case.labels(500))
        real = apply(case.discriminator, inputs, known)
        # also if there is an average: that one does not play
        fake = apply(case.discriminator, apply(case.trained, case.noise(), asked), asked)
    close(found.arrays["real"], real)
    close(found.arrays["generated"], fake)
    assert found.values["boundary"] == boundary
    assert found.values["probabilities"] == (settings.loss in ("non-saturating", "minimax"))
    assert found.values["absolute"] == (settings.loss not in ("wasserstein", "relativistic"))
    assert found.values["real_right"] == pytest.approx(float((real > boundary).float().mean()), abs=0.005)
    assert found.values["generated_right"] == pytest.approx(float((fake <= boundary).float().mean()), abs=0.005)
    assert not found.values["averaged"]
    assert found.values["dropout"] == (settings.dropout > 0)


def test_held_out_images_are_test_images_of_the_same_digits(case: Case) -> None:
    found = outputs(case.moment).arrays
    settings = case.settings
    if settings.split == "all":
        assert "held_out" not in found
        return
    every = image_sets.load(settings.dataset, "all", settings.digits)
    first = len(image_sets.load(settings.dataset, "train", settings.digits))
    known = None if settings.conditional == "off" else every.labels[first:].long()
    with torch.no_grad():
        test = image_sets.scaled(every.images[first:], settings.scaling)
        all_outputs = apply(case.discriminator, test, known).numpy()
    held_out = np.asarray(found["held_out"])
    assert held_out.shape == (500,)
    nearest_ones = all_outputs[np.abs(all_outputs[:, None] - held_out).argmin(axis=0)]
    np.testing.assert_allclose(held_out, nearest_ones, atol=2e-4)


def test_dots_lie_where_the_projection_of_their_features_is(case: Case) -> None:
    found = image_map.positions(case.moment)
    pixels = case.pixels(case.shown, case.noise())
    stats = feature_stats.load(feature_stats.SHIPPED)
    features, logits = classifier.read(stats.classifier, pixels)
    flat = projection.plane("mnist")
    close(found.arrays["points"], (features.relu() @ flat.matrix - flat.middle) * flat.scale)
    assert (np.asarray(found.arrays["read"]) == logits.argmax(dim=1).numpy()).mean() > 0.99
    assert found.values["space"] == "features"


def test_dots_show_their_images_how_they_are_read_and_the_nearest_one(case: Case) -> None:
    pixels = case.pixels(case.shown, case.noise())
    several = image_map.dots(case.moment, (3, 499, 0))
    nearly_equal(several.arrays["pixels"], pixels[[3, 499, 0]])
    assert "nearest" not in several.values
    one = image_map.dots(case.moment, (42,))
    _, logits = classifier.read(feature_stats.load(feature_stats.SHIPPED).classifier, pixels[42:43])
    probability, label = logits.softmax(dim=1).max(dim=1)
    assert one.values["read"] == [{"name": str(int(label)), "probability": pytest.approx(float(probability), abs=0.01)}]
    expected = nearest(np.asarray(one.arrays["pixels"]).tobytes(), case.settings)
    assert one.values["nearest"]["distance"] == expected.distance
    assert np.asarray(one.arrays["nearest"]).tobytes() == expected.pixels


def test_verdicts_are_the_outputs_for_the_images_of_the_grid(case: Case) -> None:
    found = verdicts(case.moment)
    with torch.no_grad():
        labels = case.labels(64)
        made = apply(case.shown, case.fixed_noise, labels)
        close(found.arrays["outputs"], apply(case.discriminator, made, labels))
    sheet = found.arrays["sheet"]
    assert isinstance(sheet, bytes)
    cells = np.asarray(Image.open(io.BytesIO(sheet))).reshape(8, 28, 8, 28).transpose(0, 2, 1, 3)
    nearly_equal(cells.reshape(64, 784), case.pixels(case.shown, case.fixed_noise))


def test_an_explanation_is_the_slope_by_the_ink_and_where_its_steps_lead(case: Case) -> None:
    found = explanation(case.moment, 9)
    low = -1.0 if case.settings.scaling == "-1..1" else 0.0
    network = case.discriminator.double()
    with torch.no_grad():
        every = case.labels(64)
        label = None if every is None else every[9:10]
        ink = ((apply(case.shown, case.fixed_noise[9:10], label) - low) / (1 - low)).double()

    def judged(pixels: Tensor) -> Tensor:
        return apply(network, low + (1 - low) * pixels, label)

    def slope(pixels: Tensor) -> Tensor:
        leaf = pixels.clone().requires_grad_()
        judged(leaf).sum().backward()
        assert leaf.grad is not None
        return leaf.grad

    gradient = slope(ink)
    close(found.arrays["gradient"], gradient.flatten().float())
    little = torch.zeros_like(ink)
    little[0, 0, 14, 14] = 1e-6
    with torch.no_grad():
        by_difference = float(judged(ink + little) - judged(ink - little)) / 2e-6
    assert by_difference == pytest.approx(float(gradient[0, 0, 14, 14]), rel=1e-3, abs=1e-6)

    direction = torch.where(((gradient > 0) & (ink < 1)) | ((gradient < 0) & (ink > 0)), gradient, 0.0)
    first = (ink + STEP * direction / direction.norm()).clamp(0, 1)
    shown = np.asarray(found.arrays["stepped"])[0]
    nearly_equal(shown, (first * 255).round().byte().flatten())
    with torch.no_grad():
        close(found.values["outputs"][:2], torch.cat([judged(ink), judged(first)]).float())
    assert found.values["steps"] == [1, 10, 100]
    assert found.values["outputs"][3] > found.values["outputs"][0]
    network.float()


def test_without_a_discriminator_its_views_say_so() -> None:
    case = Case(0)
    kept = {name: value for name, value in case.moment.weights.items() if not name.startswith("discriminator.")}
    now = Moment(case.settings, 12, 3, kept, case.fixed_noise)
    for name in ("outputs", "verdicts", "explanation"):
        view = catalogue.VIEWS[name]
        figures = view.compute(now, view.parse({"image": "1"}))
        assert figures.values == {"missing": "The discriminator of epoch 3 was not kept, only the generator."}
        assert not figures.arrays
    assert "points" in image_map.positions(now).arrays


# --- the plane ---------------------------------------------------------------------------------------------------


def own_centre_share(flat: projection.Plane, seed: int) -> float:
    """The share of 2,000 training images that lie nearest to the centre of their own class."""
    every = image_sets.load("mnist", "train")
    chosen = torch.randperm(len(every), generator=torch.Generator().manual_seed(seed))[:2000]
    points, _ = flat.place(every.images[chosen].flatten(1))
    labels = every.labels[chosen].long()
    centres = torch.stack([points[labels == label].mean(dim=0) for label in range(10)])
    return float((torch.cdist(points, centres).argmin(dim=1) == labels).float().mean())


def test_the_plane_parts_the_digits_better_than_linear_discriminants_do() -> None:
    flat = projection.plane("mnist")
    assert own_centre_share(flat, seed=77) > 0.85  # images that it was not chosen by
    every = image_sets.load("mnist", "train")
    chosen = torch.arange(2000)
    assert flat.network is not None
    features, _ = classifier.read(flat.network, every.images[chosen])
    matrix = projection.discriminants(features.relu(), every.labels[chosen].long()).float()
    usual = projection.Plane(flat.network, matrix, torch.zeros(2), 1.0)
    assert own_centre_share(usual, seed=77) < 0.8


def test_without_a_classifier_the_plane_is_that_of_the_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(projection, "_planes", {})
    monkeypatch.setattr(projection, "_classifiers", {})
    monkeypatch.setattr(feature_stats, "path_of", lambda dataset: Path("/nowhere"))
    found = image_map.cloud(Settings())
    assert found.values["space"] == "pixels"
    flat = projection.plane("mnist")
    every = image_sets.load("mnist", "train")
    chosen = torch.randperm(len(every), generator=torch.Generator().manual_seed(projection.SEED))[:2000]
    _, _, directions = torch.pca_lowrank(every.images[chosen].flatten(1).float() / 255, q=8, niter=8)
    overlap = (flat.matrix.T @ directions[:, :2]).abs()
    torch.testing.assert_close(overlap, torch.eye(2), atol=0.02, rtol=0)


def test_the_cloud_is_2000_images_that_the_run_learns_from_within_the_plane() -> None:
    settings = SMALL.changed(digits=(2, 5))
    found = image_map.cloud(settings)
    points, labels = np.asarray(found.arrays["points"]), np.asarray(found.arrays["labels"])
    assert points.shape == (2000, 2)
    assert set(labels) == {2, 5}
    assert [centre["name"] for centre in found.values["centres"]] == ["2", "5"]
    assert (np.abs(points) < 1).mean() > 0.97
    pixels = np.asarray(image_map.cloud_pixels(settings).arrays["pixels"])
    close(points, projection.plane("mnist").place(torch.from_numpy(pixels))[0])


def test_a_larger_latent_size_keeps_the_noise_of_the_dots() -> None:
    small, large = (images.noise(SMALL.changed(latent_dim=size)) for size in (4, 6))
    assert (small.shape, large.shape) == ((500, 4), (500, 6))
    assert torch.equal(large[:, :4], small)
