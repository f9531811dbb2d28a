"""The playground's engine in a real Chromium, fed by the real server: its images and outputs are those of torch."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from chromium import App
from helpers import ENDLESS, SMALL, wait_for, wait_until
from numpy.typing import NDArray
from playwright.sync_api import Page
from scripting import floats_of, packed, pixels_of, run_js
from torch import Tensor, nn

from gan.data import image_sets
from gan.recording import epochs, weights_file
from gan.recording.commands import Step
from gan.runs.registry import RunRegistry
from gan.runs.run import Run
from gan.settings import Settings, parse
from gan.training.build import build_networks
from gan.training.layers import MinibatchStd
from gan.training.networks import Discriminator, Generator, with_batchnorm_folded

OpenPage = Callable[..., Page]
COUNT = 1000

# What `Settings` allows, its corners first: layers, odd widths, latent sizes, slopes, ranges, losses.
ZOO: list[dict[str, Any]] = [
    {},
    {"latent_dim": 2, "g_hidden": [16], "d_hidden": [7], "leaky_slope": 0.0, "scaling": "0..1"},
    {"latent_dim": 512, "g_hidden": [2048], "d_hidden": [40], "dropout": 0.0},
    {"g_hidden": [33, 65, 129, 257], "d_hidden": [257, 129, 65, 33], "leaky_slope": 1.0, "dropout": 0.95},
    {"latent_dim": 1, "g_hidden": [1], "d_hidden": [1], "leaky_slope": 0.2},
    {"g_hidden": [255, 510], "d_hidden": [511, 254], "scaling": "0..1", "loss": "least-squares"},
    {"latent_dim": 64, "g_hidden": [128, 6, 31], "d_hidden": [2], "loss": "wasserstein", "noise": "uniform"},
    {"latent_dim": 512, "g_hidden": [5, 300, 5], "d_hidden": [3, 3, 3, 3], "loss": "minimax", "leaky_slope": 0.0},
    {"latent_dim": 9, "g_hidden": [20], "d_hidden": [31, 17], "minibatch_std": "on", "loss": "relativistic"},
    {"latent_dim": 7, "g_hidden": [33, 65], "d_hidden": [65, 33], "conditional": "on"},
]
CHOSEN = len(ZOO)  # the epoch whose images are made for digits
# Epochs with something odd.
WIDE, WIDE_CHOSEN, FOREIGN, UNJUDGED, JUDGING, BROKEN = range(len(ZOO) + 1, len(ZOO) + 7)


def weights_of(kept: Settings, seed: int) -> tuple[dict[str, Tensor], tuple[Generator, Discriminator]]:
    """Networks in evaluation mode whose weights are large enough to make images of strong contrast."""
    pair = build_networks(kept, torch.Generator().manual_seed(seed))
    tensors: dict[str, Tensor] = {}
    for side, network in zip(("generator", "discriminator"), pair, strict=True):
        network.eval()
        for layer in network.modules():
            if isinstance(layer, nn.Linear):
                layer.weight.data *= 2.5
            if isinstance(layer, MinibatchStd):
                layer.running_mean.fill_(0.7)
        plain = with_batchnorm_folded(network.state_dict())
        tensors |= {f"{side}.{name}": value for name, value in plain.items()}
    return tensors, pair


def settings_of(epoch: int) -> Settings:
    return parse(ZOO[epoch - 1])


def expected(epoch: int, z: Tensor) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Pixels from 0 to 255 and the discriminator's outputs, by torch; digits are 0, 1, ..., 9, 0, and so on."""
    kept = settings_of(epoch)
    generator, discriminator = weights_of(kept, epoch)[1]
    labels = [torch.arange(len(z)) % 10] if kept.conditional == "on" else []
    with torch.no_grad():
        images = generator(z, *labels)
        levels = images * 255 if kept.scaling == "0..1" else (images + 1) * 127.5
        return levels.flatten(1).numpy(), discriminator(images, *labels).numpy()


@pytest.fixture(scope="module")
def zoo(app: App) -> Run:
    """A run whose epochs each have networks of another kind."""
    registry = RunRegistry(app.folder)
    run = registry.start(SMALL.changed(epochs=BROKEN), "zoo")
    wait_for(run, "finished")
    registry.close()
    for epoch in range(1, len(ZOO) + 1):
        keep(run, epoch, weights_of(settings_of(epoch), epoch)[0], settings_of(epoch))
    plain, ours = weights_of(Settings(), 1)[0], Settings()
    generator = {name: value for name, value in plain.items() if name.startswith("generator.")}
    keep(run, WIDE, {name: value.double() for name, value in plain.items()}, ours)
    chosen = weights_of(settings_of(CHOSEN), CHOSEN)[0]
    keep(run, WIDE_CHOSEN, {name: value.double() for name, value in chosen.items()}, settings_of(CHOSEN))
    keep(run, FOREIGN, {"generator.blocks.0.weight": torch.zeros(3, 3)}, ours)
    keep(run, UNJUDGED, generator, ours)
    keep(run, JUDGING, plain, ours)
    epochs.write(run.folder, BROKEN, b"no weights at all")
    return run


def keep(run: Run, epoch: int, tensors: dict[str, Tensor], kept: Settings) -> None:
    epochs.write(run.folder, epoch, weights_file.pack(tensors, kept, 100 * epoch, epoch))


@pytest.fixture
def page(zoo: Run, app: App, open_page: OpenPage) -> Page:
    """A page of the server that is nothing but our modules."""
    return open_page(f"{app.url}/api/health")


def noise(epoch: int, count: int = COUNT) -> Tensor:
    return torch.randn(count, settings_of(epoch).latent_dim, generator=torch.Generator().manual_seed(epoch))


def sigmoid(x: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(1 / (1 + np.exp(-x)))


# --- images ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("epoch", range(1, len(ZOO) + 1))
def test_images_and_outputs_are_those_of_torch(page: Page, epoch: int) -> None:
    made = run_js(
        page,
        """const model = await zoo(given.epoch);
        const label = model.labels ? digits(floats(given.z).length / model.latentDim) : null;
        const { pixels, outputs } = api.imagesNow(model, floats(given.z), { label });
        const beside = await api.images(model, floats(given.z).subarray(0, 70 * model.latentDim),
          { label: label && label.subarray(0, 700) });
        return { model, pixels: text(pixels), outputs: text(outputs), beside: text(beside.pixels) };""",
        epoch=epoch,
        z=packed(noise(epoch)),
    )
    kept, (levels, outputs) = settings_of(epoch), expected(epoch, noise(epoch))
    pixels = pixels_of(made["pixels"], COUNT)
    assert levels.std() > 20
    assert np.abs(pixels - levels).max() < 0.51  # rounded to a whole level, and no more
    assert np.array_equal(pixels_of(made["beside"], 70), pixels[:70])
    kind = {"least-squares": "label", "wasserstein": "score", "relativistic": "score"}.get(kept.loss, "probability")
    assert made["model"]["outputMeaning"]["kind"] == kind
    told = sigmoid(outputs) if kind == "probability" else outputs
    assert np.abs(floats_of(made["outputs"]) - told).max() < 1e-4
    assert made["model"]["settings"] == kept.model_dump(mode="json")
    assert (made["model"]["latentDim"], made["model"]["epoch"], made["model"]["batch"]) == (
        kept.latent_dim, epoch, 100 * epoch,
    )  # fmt: skip
    assert (made["model"]["where"], made["model"]["discriminatorEpoch"]) == ("browser", epoch)


def test_between_two_digits_images_and_outputs_are_those_of_torch_for_shares_of_both(page: Page) -> None:
    z, shares = noise(CHOSEN, 50), torch.zeros(10)
    shares[3], shares[8] = 0.75, 0.25
    made = run_js(
        page,
        """const { labelAt } = await module("labels");
        const made = api.imagesNow(await zoo(given.epoch), floats(given.z), { label: labelAt([3, 8], 0.25, false) });
        return { pixels: text(made.pixels), outputs: text(made.outputs) };""",
        epoch=CHOSEN,
        z=packed(z),
    )
    generator = Generator(17, hidden=(33, 65), dropout=0)  # to it, shares are but more noise
    discriminator = Discriminator((1, 1, 784 + 10), hidden=(65, 33), dropout=0)
    conditional = weights_of(settings_of(CHOSEN), CHOSEN)[1]
    for plain, ours in zip((generator, discriminator), conditional, strict=True):
        plain.load_state_dict(ours.state_dict())
    rows = shares.expand(50, 10)
    with torch.no_grad():
        images = generator(torch.cat([z, rows], 1)).flatten(1)
        outputs = discriminator(torch.cat([images, rows], 1)).numpy()
    assert np.abs(pixels_of(made["pixels"], 50) - (images.numpy() + 1) * 127.5).max() < 0.51
    assert np.abs(floats_of(made["outputs"]) - sigmoid(outputs)).max() < 1e-4


# --- what the browser cannot run, and what is not there -----------------------------------------------------------


def test_what_the_browser_cannot_run_runs_on_the_server(page: Page) -> None:
    """Numbers in double precision are no weights for it; torch takes them."""
    z = noise(1, 300)  # more than one request
    made = run_js(
        page,
        """const model = await zoo(given.epoch);
        const { pixels, outputs } = await api.images(model, floats(given.z));
        const refusal = await api.directions(model).catch((error) => error.message);
        return { model, pixels: text(pixels), outputs: text(outputs), refusal };""",
        epoch=WIDE,
        z=packed(z),
    )
    levels, outputs = expected(1, z)
    assert (made["model"]["where"], made["model"]["discriminatorEpoch"]) == ("server", WIDE)
    assert np.abs(pixels_of(made["pixels"], 300) - levels).max() <= 1
    assert np.abs(floats_of(made["outputs"]) - sigmoid(outputs)).max() < 0.05
    assert made["refusal"].startswith("The directions of this generator cannot be told")


def test_the_server_makes_the_digit_with_the_largest_share(page: Page) -> None:
    z = noise(CHOSEN, 300)
    made = run_js(
        page,
        """const model = await zoo(given.epoch);
        const label = digits(300).map((x) => 0.6 * x + 0.04);
        const { pixels, outputs } = await api.images(model, floats(given.z), { label });
        return { where: model.where, pixels: text(pixels), outputs: text(outputs) };""",
        epoch=WIDE_CHOSEN,
        z=packed(z),
    )
    levels, outputs = expected(CHOSEN, z)
    assert made["where"] == "server"
    assert np.abs(pixels_of(made["pixels"], 300) - levels).max() <= 1
    assert np.abs(floats_of(made["outputs"]) - sigmoid(outputs)).max() < 0.05


def test_failures_are_one_sentence(zoo: Run, app: App, open_page: OpenPage) -> None:
    told = run_js(
        open_page(f"{app.url}/api/health", server_ends=True),  # its console shows every refusal
        """const say = (promise) => promise.then(() => "nothing", (error) => error.message);
        const foreign = await zoo(given.foreign);
        const model = await zoo(1);
        return {
          missing: await say(api.load("zoo", 99, 1)), unknown: await say(api.load("nobody", 1, 1)),
          broken: await say(zoo(given.broken)), foreign: await say(api.images(foreign, new Float32Array(100))),
          length: await say(api.images(model, new Float32Array(99))),
          pixels: await say(api.nearest(model, new Uint8ClampedArray(5))),
        };""",
        foreign=FOREIGN,
        broken=BROKEN,
    )
    assert told == {
        "missing": "The run has no such weights: the weights of epoch 99 are not kept.",
        "unknown": "There is no run named 'nobody'.",
        "broken": f"The run has no such weights: {BROKEN:05}.safetensors does not hold the weights of an epoch.",
        "foreign": "These images cannot be made: the generator's weights do not fit the run's settings.",
        "length": "A latent vector of this model has 100 numbers.",
        "pixels": "The body must be the 784 pixels of one image, one byte each.",
    }


# --- loading and judging -----------------------------------------------------------------------------------------


def test_each_file_is_fetched_once(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.rpartition("/")[2]))
    same = run_js(
        page,
        """const [one, two] = await Promise.all([zoo(2), zoo(2)]);
        const arrived = [];
        const many = await api.loadMany("zoo", [4, 2, 5], 1, { arrived: (model, i) => arrived.push([model.epoch, i]) });
        const later = await zoo(2);
        return { same: one === two && later === one && many[1] === one, epochs: many.map((m) => m.epoch), arrived };""",
    )
    assert same["same"]
    assert same["epochs"] == [4, 2, 5]
    assert sorted(same["arrived"]) == [[2, 1], [4, 0], [5, 2]]
    files = [name for name in asked if ".safetensors" in name]
    assert sorted(files) == [f"{epoch}.safetensors?v=1" for epoch in (2, 4, 5)]


def test_an_aborted_film_fetches_no_more(page: Page) -> None:
    count = run_js(
        page,
        """const stop = new AbortController();
        const arrived = () => stop.abort();
        return (await api.loadMany("zoo", [1, 2, 3, 4, 5, 6, 7, 8], 1, { arrived, signal: stop.signal })).length;""",
    )
    assert 1 <= count <= 4


def test_the_newest_discriminator_judges_where_none_was_kept(page: Page) -> None:
    z = noise(1, 20)
    made = run_js(
        page,
        """const [model, judge] = [await zoo(given.epoch), await zoo(1)];
        const z = floats(given.z);
        return { model, own: judge.key, outputs: text(api.imagesNow(model, z).outputs),
                 none: api.imagesNow(model, z, { outputs: false }).outputs };""",
        epoch=UNJUDGED,
        z=packed(z),
    )
    assert (made["model"]["hasDiscriminator"], made["model"]["discriminatorEpoch"]) == (True, JUDGING)
    assert made["model"]["key"] != made["own"]
    assert np.abs(floats_of(made["outputs"]) - sigmoid(expected(1, z)[1])).max() < 1e-4
    assert made["none"] is None


def test_the_newest_weights_are_new_only_when_the_run_has_moved(page: Page, app: App) -> None:
    registry = RunRegistry(app.folder)
    run = registry.start(ENDLESS, "moving", paused=True)
    wait_until(lambda: run.snapshot().state == "paused")
    latest = """const latest = () => api.load("moving", "latest", 1);
        const [one, two] = [await latest(), await latest()];
        return [one === two, one.batch, one.discriminatorEpoch];"""
    assert run_js(page, latest) == [True, 0, 0]
    registry.command("moving", Step())
    wait_until(lambda: run.snapshot().batch == 1 and run.snapshot().state == "paused")
    assert run_js(page, latest) == [True, 1, 0]
    registry.delete("moving")


def test_the_nearest_training_image(page: Page) -> None:
    sevens = image_sets.load("mnist", "train", [7]).images[40].flatten()
    found = run_js(
        page,
        """const found = await api.nearest(await zoo(1), new Uint8ClampedArray(bytes(given.pixels)));
        return { ...found, pixels: text(found.pixels) };""",
        pixels=base64.b64encode(sevens.numpy().tobytes()).decode(),
    )
    assert (found["digit"], found["index"], found["distance"], found["count"]) == (7, 40, 0, 6265)
    assert np.array_equal(pixels_of(found["pixels"], 1)[0], sevens.numpy())


def test_the_worker_ends_and_comes_back(page: Page) -> None:
    outcome = run_js(
        page,
        """const model = await zoo(1);
        const lost = api.images(model, new Float32Array(100 * 3000)).catch((error) => error.message);
        api.close();
        return [await lost, (await api.images(model, new Float32Array(100))).pixels.length];""",
    )
    assert outcome == ["The page was closed.", 784]
