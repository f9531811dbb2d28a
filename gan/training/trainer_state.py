"""The whole state of a trainer as named tensors: everything that training continues from, to the last bit."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from gan.training.ema import GeneratorEMA
from gan.training.state_checks import check_state, with_prefix
from gan.training.trainer import Trainer


def capture_state(trainer: Trainer) -> dict[str, Tensor]:
    """The state as tensors on the CPU that share no memory with the live ones.

    The names are `generator.*`, `discriminator.*` (weights and running averages), `optimizer_g.<parameter>.<moment>`,
    `optimizer_d...`, `averaged.*` and `averaged_batches` (if the run keeps an average), `fixed_noise` (64 x latent),
    and `rng.<stream>` (see `random_streams`).
    """
    tensors = {f"generator.{name}": value for name, value in trainer.generator.state_dict().items()}
    tensors |= {f"discriminator.{name}": value for name, value in trainer.discriminator.state_dict().items()}
    tensors |= moments_of(trainer)
    if trainer.ema is not None:
        tensors |= {f"averaged.{name}": value for name, value in trainer.ema.generator.state_dict().items()}
        tensors["averaged_batches"] = trainer.ema.batches
    tensors["fixed_noise"] = trainer.fixed_noise
    for name, stream in trainer.streams.items():
        tensors[f"rng.{name}"] = stream.get_state()
    tensors["rng.order"] = trainer.order.rng_state()
    return {name: value.detach().to("cpu", copy=True).contiguous() for name, value in tensors.items()}


def moments_of(trainer: Trainer) -> dict[str, Tensor]:
    """The optimisers' own moments, not copied: `optimizer_g.<parameter>.<moment>` and `optimizer_d...`."""
    return {
        f"optimizer_{side}.{name}.{key}": value
        for side, network, optimizer in trainer.sides()
        for name, parameter in network.named_parameters()
        for key, value in optimizer.state.get(parameter, {}).items()
        if value is not None
    }


def restore_state(trainer: Trainer, batch: int, tensors: Mapping[str, Tensor]) -> None:
    """Return to a state that was captured after `batch` batches under the trainer's present settings.

    Raises:
        ValueError: the tensors do not fit these settings.
    """
    check_state(trainer.settings, tensors, trainer.own)
    trainer.discard_steps()
    trainer.batch = batch
    trainer.generator.load_state_dict(with_prefix("generator.", tensors))
    trainer.discriminator.load_state_dict(with_prefix("discriminator.", tensors))
    for side, network, optimizer in trainer.sides():
        for name, parameter in network.named_parameters():
            moments = with_prefix(f"optimizer_{side}.{name}.", tensors)
            optimizer.state[parameter] = {key: value.to(trainer.device, copy=True) for key, value in moments.items()}
    trainer.ema = None
    if trainer.settings.ema_decay:
        trainer.ema = GeneratorEMA(trainer.generator)
        trainer.ema.generator.load_state_dict(with_prefix("averaged.", tensors))
        trainer.ema.batches = tensors["averaged_batches"].clone()
    trainer.fixed_noise = tensors["fixed_noise"].to(trainer.device)
    for name, stream in trainer.streams.items():
        try:
            stream.set_state(tensors[f"rng.{name}"])
        except RuntimeError:  # torch's words on a state of another size or another kind of device
            raise ValueError(f"its state of the random generator {name!r} is not one of this device.") from None
    trainer.order.resume(batch)
