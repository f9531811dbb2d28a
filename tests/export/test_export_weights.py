"""The generator as safetensors and as ONNX makes the run's images."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from exporting import exported, write_run
from helpers import SMALL, assert_same_bits, step
from own import OWN, linear_with
from safetensors import safe_open
from safetensors.torch import load

from gan.export import ExportError
from gan.export.samples import write_samples
from gan.recording import checkpoint
from gan.recording.run_file import read_run_file
from gan.recording.weights import newest_generator
from gan.runs.registry import RunRegistry
from gan.settings import parse
from gan.training.own_networks import OwnNetworks
from gan.training.trainer import Trainer
from gan.training.trainer_state import restore_state


def test_safetensors_hold_the_weights_and_how_to_use_them(tmp_path: Path) -> None:
    write_run(tmp_path / "run", SMALL, 5, [(2, {"latent_dim": 11})])
    content, filename, _ = exported(tmp_path / "run", "safetensors")
    assert filename == "run.safetensors"
    generator, settings = newest_generator(tmp_path / "run")
    weights = {f"generator.{name}": value for name, value in generator.state_dict().items()}
    assert_same_bits(load(content), weights)
    (tmp_path / filename).write_bytes(content)
    with safe_open(tmp_path / filename, "pt") as file:
        metadata = file.metadata()
    assert metadata["batch"] == "5"
    assert parse(json.loads(metadata["settings"])) == settings
    assert settings.latent_dim == 11


def test_safetensors_of_a_normalised_and_averaged_run_hold_plain_layers_of_both_generators(tmp_path: Path) -> None:
    write_run(tmp_path / "run", SMALL.changed(**MODERN), 5)
    tensors = load(exported(tmp_path / "run", "safetensors").content)
    parts = [f"linears.{layer}.{part}" for layer in (0, 1, 2) for part in ("weight", "bias")]
    assert tensors.keys() == {f"{side}.{part}" for side in ("generator", "averaged") for part in parts}
    for side, raw in (("generator", True), ("averaged", False)):
        generator, _ = newest_generator(tmp_path / "run", raw=raw)
        weights = {f"{side}.{name}": value for name, value in generator.state_dict().items()}
        assert_same_bits({name: tensors[name] for name in weights}, weights)


MODERN = {"g_norm": "batch", "ema_decay": 0.99, "dropout_in": "discriminator", "g_hidden": [20, 30]}
SIGMOID = {"scaling": "0..1", "g_hidden": [20, 30], "leaky_slope": 0.2, "latent_dim": 1}


CHOSEN = MODERN | {"conditional": "on", "digits": [3, 7], "batch_size": 2048}


@pytest.mark.parametrize("values", [{}, SIGMOID, MODERN], ids=["tanh", "sigmoid", "normalised and averaged"])
def test_onnx_makes_the_same_images(values: dict[str, Any], tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    write_run(tmp_path / "run", SMALL.changed(**values), 5)
    content, filename, _ = exported(tmp_path / "run", "onnx")
    assert capfd.readouterr() == ("", "")
    assert filename == "run.onnx"
    generator, settings = newest_generator(tmp_path / "run")
    session = onnxruntime.InferenceSession(content)
    for count in (1, 2, 7, 1000):  # any number, although it was exported with two
        z = torch.randn(count, settings.latent_dim, generator=torch.Generator().manual_seed(count))
        (images,) = session.run(["images"], {"z": z.numpy()})
        assert images.shape == (count, 1, 28, 28)
        with torch.no_grad():
            assert np.abs(images - generator(z).numpy()).max() < 1e-5
    model = onnx.load_from_string(content)
    onnx.checker.check_model(model, full_check=True)
    nodes = [node.op_type for node in model.graph.node]
    assert nodes == ["Gemm", "LeakyRelu"] * len(settings.g_hidden) + ["Gemm", nodes[-2], "Reshape"]  # no dropout
    if settings.ema_decay:
        assert_images_of_the_average(tmp_path / "run", session)
    metadata = {entry.key: entry.value for entry in model.metadata_props}
    assert metadata["livegan.run"] == "run"
    assert parse(json.loads(metadata["livegan.settings"])) == settings
    assert str(Path(checkpoint.__file__).parents[2]).encode() not in content  # nothing of this computer


def assert_images_of_the_average(folder: Path, session: onnxruntime.InferenceSession) -> None:
    """They are those that the run itself made of its fixed noise when it was last kept."""
    trainer, run_file = Trainer(read_run_file(folder).settings), read_run_file(folder)
    restore_state(trainer, run_file.batch, checkpoint.read_state(folder, run_file.newest))
    (images,) = session.run(["images"], {"z": trainer.fixed_noise.numpy()})
    assert np.abs(images - trainer.sample().numpy()).max() < 1e-5
    trainer.ema = None
    assert np.abs(images - trainer.sample().numpy()).max() > 1e-2


def test_onnx_of_a_conditional_run_takes_the_digits_to_draw(tmp_path: Path) -> None:
    """Penalties and minibatch standard deviation are the discriminator's alone; `sample` draws the same digits."""
    trained = {"minibatch_std": "on", "r1_gamma": 1.0, "loss": "relativistic"}
    write_run(tmp_path / "run", SMALL.changed(**CHOSEN, **trained), 5)
    generator, settings = newest_generator(tmp_path / "run")
    session = onnxruntime.InferenceSession(exported(tmp_path / "run", "onnx").content)
    for count in (1, 7, 100):
        z = torch.randn(count, settings.latent_dim, generator=torch.Generator().manual_seed(count))
        labels = torch.arange(count) % 10
        (images,) = session.run(["images"], {"z": z.numpy(), "labels": labels.numpy()})
        with torch.no_grad():
            assert np.abs(images - generator(z, labels).numpy()).max() < 1e-5
    drawn = {}
    for digit in (3, 7):
        write_samples(tmp_path / "run", 100, 100, tmp_path / "samples.npy", digit=digit)
        (drawn[digit],) = session.run(["images"], {"z": z.numpy(), "labels": np.full(100, digit)})
        assert np.abs(drawn[digit] - np.load(tmp_path / "samples.npy")).max() < 1e-5
    assert np.abs(drawn[3] - drawn[7]).max() > 1e-3


def test_safetensors_of_a_conditional_run_have_a_column_for_each_digit_behind_those_of_z(tmp_path: Path) -> None:
    write_run(tmp_path / "run", SMALL.changed(**CHOSEN), 5)
    kept = load(exported(tmp_path / "run", "safetensors").content)
    plain, _ = newest_generator(tmp_path / "run")
    z, labels = torch.randn(10, SMALL.latent_dim), torch.arange(10)
    first = torch.cat([z, torch.eye(10)], 1) @ kept["averaged.linears.0.weight"].T + kept["averaged.linears.0.bias"]
    hidden = torch.nn.functional.leaky_relu(first, SMALL.leaky_slope)
    second = hidden @ kept["averaged.linears.1.weight"].T + kept["averaged.linears.1.bias"]
    hidden = torch.nn.functional.leaky_relu(second, SMALL.leaky_slope)
    images = (hidden @ kept["averaged.linears.2.weight"].T + kept["averaged.linears.2.bias"]).tanh()
    with torch.no_grad():
        torch.testing.assert_close(images.view(10, 1, 28, 28), plain(z, labels))


# --- networks of one's own ---------------------------------------------------------------------------------------


def own_run(folder: Path, own: OwnNetworks = OWN) -> Path:
    """A run of two batches with networks of one's own."""
    registry = RunRegistry(folder)
    run = registry.start(SMALL, "mine", paused=True, own=own)
    step(run, 2)
    registry.close()
    return run.folder


def test_weights_of_networks_of_ones_own_have_the_names_of_their_modules(tmp_path: Path) -> None:
    folder = own_run(tmp_path)
    content, _, _ = exported(folder, "safetensors")
    generator, _ = newest_generator(folder)
    kept = {name.removeprefix("generator."): value for name, value in load(content).items()}
    assert kept.keys() == generator.state_dict().keys()
    assert all(torch.equal(value, kept[name]) for name, value in generator.state_dict().items())


def test_onnx_of_networks_of_ones_own_makes_the_same_images(tmp_path: Path) -> None:
    folder = own_run(tmp_path)
    session = onnxruntime.InferenceSession(exported(folder, "onnx").content)
    z = torch.randn(7, SMALL.latent_dim, generator=torch.Generator().manual_seed(7))
    (images,) = session.run(["images"], {"z": z.numpy()})
    with torch.no_grad():
        assert np.abs(images - newest_generator(folder)[0](z).numpy()).max() < 1e-5


def test_what_cannot_be_exported_of_networks_of_ones_own_is_one_sentence(tmp_path: Path) -> None:
    depends = "torch.tanh(self.linear(z if float(z.sum()) > 0 else -z))"  # on numbers, which no converter knows
    folder = own_run(tmp_path, linear_with("torch.tanh(self.linear(z))", depends))
    with pytest.raises(ExportError, match=r"^torch cannot convert the generator of mine\.py to ONNX \(\w+\)\.$"):
        exported(folder, "onnx")
    for kind in ("script", "notebook"):
        with pytest.raises(ExportError, match=r"^Run mine trains networks of its own \(mine\.py\)"):
            exported(folder, kind)
