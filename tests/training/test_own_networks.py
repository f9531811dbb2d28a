"""Networks of one's own: they draw what the run's seed says, whatever else goes on, and resume to the last bit."""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path

import pytest
import torch
from helpers import SMALL, assert_same_bits
from own import LINEAR, OWN, linear_with
from torch import Tensor, nn
from trainers import steps

from gan.limits import MAX_NETWORKS_FILE
from gan.training.own_networks import NetworksError, OwnNetworks, dropouts, seeded
from gan.training.reference_step import BatchMetrics
from gan.training.trainer import Trainer
from gan.training.trainer_state import capture_state, restore_state

SETTINGS = SMALL.changed(batch_size=64, ema_decay=0.9)


def trained(batches: int, into: list[tuple[list[BatchMetrics], dict[str, Tensor]]]) -> None:
    trainer = Trainer(SETTINGS, OWN)
    into.append((steps(trainer, batches), capture_state(trainer)))


def test_the_seed_decides_weights_and_dropout_and_the_global_generator_stays_as_it_is() -> None:
    found: list[tuple[list[BatchMetrics], dict[str, Tensor]]] = []
    before = torch.get_rng_state()
    trained(3, found)
    assert torch.equal(torch.get_rng_state(), before)
    torch.rand(5)
    trained(3, found)
    assert found[0][0] == found[1][0]
    assert_same_bits(found[0][1], found[1][1])
    assert Trainer(SETTINGS.changed(seed=2), OWN).step() != found[0][0][0]


def test_two_runs_at_once_draw_what_each_would_draw_alone() -> None:
    alone: list[tuple[list[BatchMetrics], dict[str, Tensor]]] = []
    trained(20, alone)
    at_once: list[tuple[list[BatchMetrics], dict[str, Tensor]]] = []
    threads = [threading.Thread(target=trained, args=(20, at_once)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(at_once) == 3
    for figures, state in at_once:
        assert figures == alone[0][0]
        assert_same_bits(state, alone[0][1])


def test_a_state_resumes_to_the_last_bit_running_averages_and_counts_included() -> None:
    one = Trainer(SETTINGS, OWN)
    steps(one, 4)
    state = capture_state(one)
    assert state["generator.layers.2.num_batches_tracked"].dtype == torch.int64
    assert int(state["discriminator.calls"]) == 12  # real, fake, and fake for the generator's step
    other = Trainer(SETTINGS, OWN)
    restore_state(other, one.batch, state)
    assert steps(one, 5) == steps(other, 5)
    assert_same_bits(capture_state(one), capture_state(other))


def test_the_averaged_generator_averages_numbers_and_copies_counts() -> None:
    trainer = Trainer(SETTINGS, OWN)
    steps(trainer, 3)
    state = capture_state(trainer)
    assert torch.equal(state["averaged.layers.2.num_batches_tracked"], state["generator.layers.2.num_batches_tracked"])
    assert not torch.equal(state["averaged.layers.0.weight"], state["generator.layers.0.weight"])


def test_the_dropout_knob_turns_the_layers_that_follow_it() -> None:
    trainer = Trainer(SETTINGS, OWN)
    assert [layer.p for layer in dropouts(trainer.discriminator)] == [0.5]
    trainer.change(SETTINGS.changed(dropout=0.2))
    assert [layer.p for layer in dropouts(trainer.discriminator)] == [0.2]
    fixed = next(layer for layer in trainer.discriminator.modules() if isinstance(layer, nn.Dropout))
    assert fixed.p == 0.3


def test_the_latent_size_is_fixed() -> None:
    trainer = Trainer(SETTINGS, OWN)
    with pytest.raises(NetworksError, match=r"^The latent size of networks of one's own is fixed\.$"):
        trainer.change(SETTINGS.changed(latent_dim=5))


def test_sampling_draws_no_number_of_the_run() -> None:
    one, other = Trainer(SETTINGS, OWN), Trainer(SETTINGS, OWN)
    steps(one, 2)
    steps(other, 2)
    assert torch.equal(one.sample(), one.sample())
    assert one.step() == other.step()


def test_a_file_is_executed_once_and_never_before_it_is_built(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(f"with open({str(tmp_path / 'log')!r}, 'a') as log:\n    log.write('x')\n{LINEAR}")
    own = OwnNetworks.read(path)
    assert not (tmp_path / "log").exists()
    own.build(3)
    OwnNetworks.read(path).build(4)
    assert (tmp_path / "log").read_text() == "x"


def test_random_numbers_of_the_file_itself_are_the_same_in_every_process() -> None:
    first, again = (linear_with("import torch\n", f"import torch\nSHIFT = torch.rand(3)  # {n}\n") for n in (1, 2))
    shifts = []
    for own in (first, again):  # another file, so that it is executed again
        generator, _ = own.build(3)
        torch.rand(1)
        shifts.append(type(generator).forward.__globals__["SHIFT"])
    assert torch.equal(*shifts)


def test_an_error_in_the_middle_of_training_names_the_line() -> None:
    line = 1 + LINEAR[: LINEAR.index("return self.linear(images")].count("\n")
    own = linear_with("return self.linear(images", "return self.linear((images if len(images) == 4096 else images[1:])")
    trainer = Trainer(SETTINGS.changed(batch_size=4096), own)  # the second batch of an epoch is smaller
    with pytest.raises(NetworksError) as caught:
        steps(trainer, 2)
    assert str(caught.value) == (
        f"mine.py, line {line - 1}: Discriminator turns 2169 x 1 x 28 x 28 into 2168; "
        "it must return 2169 numbers (float32)."
    )


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(NetworksError, match=r"none\.py cannot be read: No such file or directory\.$"):
        OwnNetworks.read(tmp_path / "none.py")
    (tmp_path / "large.py").write_bytes(b"#" * (MAX_NETWORKS_FILE + 1))
    with pytest.raises(NetworksError, match=r"^large\.py is larger than 256 kB\.$"):
        OwnNetworks.read(tmp_path / "large.py")


def test_an_exception_gives_the_global_generator_back() -> None:
    before = torch.get_rng_state()
    with contextlib.suppress(ZeroDivisionError), seeded(3):
        raise ZeroDivisionError(torch.rand(1))
    assert torch.equal(torch.get_rng_state(), before)
