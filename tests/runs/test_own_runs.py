"""Runs with networks of one's own: all that a run can do, with the file that it began with and no other."""

from __future__ import annotations

import io
import json
import os
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from helpers import BATCHES, SMALL, assert_same_bits, figures, saved_state, step, wait_for
from own import LINEAR, OWN, linear_with
from running import OpenRegistry
from zips import contents, packed, refusal, with_fields, zipped

from gan.errors import LiveGANError
from gan.recording import networks_file, weights, weights_file
from gan.recording.commands import Resume, SetKnobs
from gan.recording.replay import replay_run
from gan.recording.run_file import read_run_file
from gan.runs.registry import RunRegistry
from gan.runs.trim import trim_run
from gan.training.own_networks import OwnNetworks
from gan.training.own_trial import Facts
from gan.training.sampling import generate_images

SETTINGS = SMALL.changed(full_every=1, ema_decay=0.9)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one run of two epochs, whose dropout was turned in the second."""
    registry = RunRegistry(tmp_path_factory.mktemp("runs"))
    run = registry.start(SETTINGS, "mine", paused=True, own=OWN)
    step(run, BATCHES + 2)
    run.command(SetKnobs({"dropout": 0.2}))
    run.command(Resume())
    wait_for(run, "finished")
    registry.close()
    return registry.folder


@pytest.fixture
def registry(original: Path, tmp_path: Path, open_registry: OpenRegistry) -> RunRegistry:
    """The run in a folder of its own, as a server finds it."""
    shutil.copytree(original, tmp_path / "runs")
    return open_registry(tmp_path / "runs")


def test_it_replays_to_the_last_bit(original: Path) -> None:
    outcome = replay_run(original / "mine")
    assert outcome.passed
    assert outcome.exact
    assert outcome.compared == (
        "the figures of 26 batches, the weights of 2 epochs and the last full state, bit by bit"
    )


def test_it_resumes_branches_and_trains_again_with_the_same_bits(registry: RunRegistry) -> None:
    run = registry.get("mine")
    again, branch = registry.train_again("mine"), registry.branch("mine", 1, {})
    for other in (again, branch):
        wait_for(other, "finished")
        assert other.run_file.networks == run.run_file.networks
        assert networks_file.of_run(other.folder) == OWN
    np.testing.assert_array_equal(figures(again), figures(run))
    assert_same_bits(saved_state(again), saved_state(run))
    turned_back = figures(branch)  # the branch has left before dropout was turned
    np.testing.assert_array_equal(turned_back[:15], figures(run)[:15])
    assert not np.array_equal(turned_back, figures(run))
    run.command(SetKnobs({"epochs": 3}))
    run.command(Resume())
    wait_for(run, "finished")
    assert replay_run(run.folder).passed


def test_the_latent_size_is_refused_and_said_to_be_fixed(registry: RunRegistry) -> None:
    sentence = r"^Latent size \(latent_dim\) stays 8: the generator of mine\.py was made for it\.$"
    with pytest.raises(LiveGANError, match=sentence):
        registry.command("mine", SetKnobs({"latent_dim": 5}))
    with pytest.raises(LiveGANError, match=sentence):
        registry.branch("mine", 1, {"latent_dim": 5})
    assert sorted(path.name for path in registry.folder.iterdir() if path.is_dir()) == ["mine"]


def test_its_images_come_from_its_averaged_generator(original: Path) -> None:
    generator, settings = weights.newest_generator(original / "mine")
    raw, _ = weights.newest_generator(original / "mine", raw=True)
    images = [generate_images(network, settings, 3, seed=1) for network in (generator, raw)]
    assert images[0].shape == (3, 1, 28, 28)
    assert not images[0].equal(images[1])


def test_a_trimmed_run_keeps_its_file_and_replays(original: Path, tmp_path: Path) -> None:
    shutil.copytree(original / "mine", tmp_path / "mine")
    trim_run(tmp_path / "mine", {1, 2}, half=True)
    assert replay_run(tmp_path / "mine").passed


def test_a_run_whose_file_was_replaced_says_so_and_executes_nothing(registry: RunRegistry, tmp_path: Path) -> None:
    """Resume, branch, train again, replay, images: each is refused in a sentence that names the file."""
    (registry.folder / "mine" / "networks.py").write_text(f"open({str(tmp_path / 'trap')!r}, 'w')\n{LINEAR}")
    sentence = "networks.py is not the file that the run began with (mine.py); put that one back."
    run = registry.get("mine")
    run.command(SetKnobs({"epochs": 3}))
    run.command(Resume())
    wait_for(run, "failed")
    assert run.snapshot().message == sentence
    for act in (
        lambda: registry.branch("mine", 1, {}),
        lambda: registry.train_again("mine"),
        lambda: replay_run(run.folder),
        lambda: weights.newest_generator(run.folder),
    ):
        with pytest.raises(LiveGANError) as refused:
            act()
        assert str(refused.value).endswith(sentence)
    assert sorted(path.name for path in registry.folder.iterdir() if path.is_dir()) == ["mine"]
    assert not (tmp_path / "trap").exists()
    networks_file.write(run.folder, OWN)
    run.command(Resume())
    wait_for(run, "finished")


def test_networks_that_fail_at_the_start_leave_no_run(open_registry: OpenRegistry) -> None:
    registry = open_registry()
    with pytest.raises(LiveGANError, match=r"^mine\.py, line 17: Discriminator\(\) fails"):
        registry.start(SETTINGS, "mine", own=linear_with("nn.Linear(784, 1)", "nn.Linear(784)"))
    assert registry.summaries() == []


def test_networks_that_fail_while_they_train_end_the_run_with_their_line(open_registry: OpenRegistry) -> None:
    own = linear_with("return torch.tanh(self.linear(z))", "return torch.tanh(self.linear(z[len(z) == 512:]))")
    registry = open_registry()
    run = registry.start(SETTINGS, "mine", own=own)
    wait_for(run, "failed")
    assert run.snapshot().message == (
        "mine.py, line 10: Generator turns 512 x 8 into 511 x 1 x 28 x 28; it must return 512 x 1 x 28 x 28 numbers "
        "(float32)."
    )


# --- strangers ---------------------------------------------------------------------------------------------------


def test_a_zip_holds_the_file_and_is_refused_as_an_upload(registry: RunRegistry) -> None:
    content = registry.pack("mine")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.read("mine/networks.py") == OWN.source
    with pytest.raises(LiveGANError, match=r"they are a program, and LiveGAN takes no programs from uploads\."):
        registry.unpack(io.BytesIO(content), "mine.zip")
    assert sorted(path.name for path in registry.folder.iterdir() if path.is_dir()) == ["mine"]


def test_no_upload_brings_a_program(tmp_path: Path) -> None:
    """A stranger's zip with a file, with a recorded checksum, with both, under other names, or as a link."""
    trap = f"open({str(tmp_path / 'trap')!r}, 'w')\n{LINEAR}".encode()
    record = networks_file.record_of(OwnNetworks("networks.py", trap), Facts(1, 1, dropout=False))
    claims = with_fields(networks=record.model_dump())
    link = zipfile.ZipInfo("demo/networks.py")
    link.external_attr = 0o120777 << 16
    with io.BytesIO(packed()) as out:
        with zipfile.ZipFile(out, "a") as archive:
            archive.writestr(link, os.fsencode(Path(networks_file.__file__)))
        linked = out.getvalue()
    for content in (
        zipped({**contents(), "networks.py": trap}),
        zipped({**contents(), "run.json": claims}),
        zipped({**contents(), "run.json": claims, "networks.py": trap}),
        zipped({**contents(), "epochs/networks.py": trap}),
        zipped({**contents(), "../networks.py": trap}),
        linked,
    ):
        sentence = refusal(content)
        assert sentence.endswith(
            "they are a program, and LiveGAN takes no programs from uploads. Train them with "
            "`python -m gan train --networks`."
        )
    assert not (tmp_path / "trap").exists()


def test_weights_that_claim_networks_of_ones_own_are_refused() -> None:
    name = "epochs/00001.safetensors"
    kept, about = weights_file.unpack(contents()[name], name)
    claiming = weights_file.pack(kept, about.settings, about.batch, about.epoch, OWN)
    assert refusal(zipped({**contents(), name: claiming})) == (
        "The run in the zip is damaged: 00001.safetensors holds the weights of networks of one's own, which the run "
        "has not."
    )


def test_run_json_of_such_a_run_names_file_checksum_and_sizes(original: Path) -> None:
    values = json.loads((original / "mine" / "run.json").read_bytes())
    assert values["networks"] == {
        "file": "mine.py", "sha256": OWN.sha256, "g_parameters": 8 * 196 + 196 + 8 + 65, "d_parameters": 68 + 197,
        "dropout": True,
    }  # fmt: skip
    assert read_run_file(original / "mine").networks is not None
