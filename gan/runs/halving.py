"""The schedule of the learning rates: both are halved after every so many epochs, by commands like anybody's.

They stand in the record, so replays, branches and exports need no schedule of their own.
"""

from __future__ import annotations

from gan.recording.commands import SetKnobs
from gan.recording.record import Record
from gan.settings import LEAST_RATE, Settings

RATES = ("lr_g", "lr_d")


def halving(settings: Settings, record: Record, batch: int, batches_per_epoch: int) -> SetKnobs | None:
    """The command that is due after `batch` batches, before anything else is obeyed there; None if there is none.

    It is not due a second time at a batch whose commands set both rates: after a kill it stands in the record, and on
    a branch somebody has chosen both.
    """
    every = settings.halve_every * batches_per_epoch
    if every == 0 or batch == 0 or batch % every:
        return None
    if any(one.batch == batch and one.values.keys() >= set(RATES) for one in record.commands):
        return None
    now = {name: getattr(settings, name) for name in RATES}
    halved = {name: max(LEAST_RATE, rate / 2) for name, rate in now.items()}
    return SetKnobs(halved) if halved != now else None
