"""The networks that views compute with are those that the run has, or had."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from helpers import SMALL
from stored import a_run_file

from gan.recording import epochs, weights_file
from gan.recording.atomic_files import DamagedRun
from gan.recording.commands import RecordedCommand, SetKnobs
from gan.recording.run_file import write_run_file
from gan.settings import Settings
from gan.training.trainer import Trainer
from gan.training.trainer_state import capture_state
from gan.views import moment


def trained(settings: Settings, batches: int = 5) -> Trainer:
    trainer = Trainer(settings)
    for _ in range(batches):
        trainer.step()
    return trainer


@pytest.mark.parametrize(
    "changes",
    [{}, {"g_norm": "batch", "ema_decay": 0.9}, {"scaling": "0..1", "d_hidden": (9, 7), "loss": "wasserstein"}],
    ids=["lecture", "normalised and averaged", "deep critic"],
)
def test_a_captured_moment_makes_the_images_of_the_grid(changes: dict[str, object]) -> None:
    trainer = trained(SMALL.changed(**changes))
    now = moment.of_captured(moment.capture(trainer))
    images = now.generator(now.fixed_noise)
    torch.testing.assert_close(images, trainer.sample(), atol=1e-5, rtol=1e-5)
    trainer.discriminator.eval()
    assert now.discriminator is not None
    torch.testing.assert_close(now.discriminator(images), trainer.discriminator(images))
    assert (now.batch, now.epoch, now.settings) == (5, 0, trainer.settings)


def test_capturing_changes_no_bit_of_training() -> None:
    plain, watched = trained(SMALL, 2), trained(SMALL, 2)
    for _ in range(10):
        moment.of_captured(moment.capture(watched))
        plain.step()
        watched.step()
    after, expected = capture_state(watched), capture_state(plain)
    assert all(torch.equal(after[name], value) for name, value in expected.items())


def test_the_opponent_is_the_generator_that_trains_and_not_its_average() -> None:
    trainer = trained(SMALL.changed(ema_decay=0.9, dropout_in="discriminator"))
    now = moment.of_captured(moment.capture(trainer))
    trainer.generator.eval()
    assert torch.equal(now.opponent(now.fixed_noise), trainer.generator(now.fixed_noise))
    assert not torch.equal(now.generator(now.fixed_noise), now.opponent(now.fixed_noise))


def test_the_noise_of_the_grid_follows_from_the_seed_and_the_record() -> None:
    trainer = Trainer(SMALL)
    commands = []
    for batch, size in ((2, 12), (4, 5), (6, 9)):
        trainer.step()
        commands.append(RecordedCommand(batch, SetKnobs({"latent_dim": size}), 0.0))
        trainer.change(trainer.settings.changed(latent_dim=size))
    assert torch.equal(moment.fixed_noise(SMALL, commands), trainer.fixed_noise)
    assert torch.equal(moment.fixed_noise(SMALL, []), Trainer(SMALL).fixed_noise)


def test_an_epoch_that_is_not_kept_gives_the_last_one_before(tmp_path: Path) -> None:
    trainer = trained(SMALL, 3)
    write_run_file(tmp_path, a_run_file())
    weights = weights_file.weights_of_state(capture_state(trainer))
    only_generator = {name: value for name, value in weights.items() if not name.startswith("discriminator.")}
    for epoch, kept in ((2, weights), (5, only_generator)):
        epochs.write(tmp_path, epoch, weights_file.pack(kept, SMALL, 3 * epoch, epoch))
    with pytest.raises(DamagedRun, match="no weights are kept of epoch 1 or before"):
        moment.of_epoch(tmp_path, 1, SMALL, [])
    now = moment.of_epoch(tmp_path, 4, SMALL, [])
    assert (now.epoch, now.batch, now.discriminator is None) == (2, 6, False)
    torch.testing.assert_close(now.generator(now.fixed_noise), trainer.sample())
    later = moment.of_epoch(tmp_path, 9, SMALL, [])
    assert (later.epoch, later.discriminator) == (5, None)
    assert later.without_discriminator == "The discriminator of epoch 5 was not kept, only the generator."
