"""Trains a run in a process of its own, for tests to look at and to kill: `trains_until_killed.py FOLDER`.

It pauses once (a checkpoint), turns two knobs after that, and says so; what follows is lost with the process.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[2])]

from helpers import ENDLESS, wait_for, wait_for_batch, wait_until  # noqa: E402

from gan.recording import writer  # noqa: E402
from gan.recording.commands import Pause, Resume, SetKnobs  # noqa: E402
from gan.runs.registry import RunRegistry  # noqa: E402

writer.CHECKPOINT_EVERY = 1e9
run = RunRegistry(Path(sys.argv[1])).start(ENDLESS.changed(batch_size=8, epochs=2), "demo")  # 784 batches an epoch
wait_for_batch(run, 20)
run.command(Pause())
wait_for(run, "paused")
run.command(Resume())
wait_for_batch(run, run.snapshot().batch + 10)
run.command(SetKnobs({"lr_g": 0.003}))
wait_until(lambda: len(run.snapshot().marks) == 1)  # a busy machine takes its time to obey
wait_for_batch(run, run.snapshot().batch + 10)
run.command(SetKnobs({"latent_dim": 11}))
wait_until(lambda: len(run.snapshot().marks) == 2)
wait_for_batch(run, run.snapshot().batch + 10)
print("steered", run.snapshot().batch, flush=True)
run.join()
