"""`train` and `replay`: train a run, or train one again from its record and compare every bit."""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gan import names, presets
from gan.cli.common import print_json, run_folder
from gan.cli.data_sets import require_images
from gan.errors import LiveGANError, prefixed
from gan.recording.commands import SetKnobs
from gan.settings import KNOBS, parse, without_effect

if TYPE_CHECKING:
    from gan.runs.registry import RunRegistry
    from gan.runs.run import Run
    from gan.runs.snapshot import Snapshot
    from gan.training.own_networks import OwnNetworks


def train(options: argparse.Namespace) -> int:
    """Train a new run, or resume one; the last line on stdout is one JSON object."""
    from gan.runs.registry import RunRegistry, checkpoints_folder

    with contextlib.closing(RunRegistry(checkpoints_folder())) as registry:  # no thread is left, however it ends
        return _train(registry, options)


def replay(options: argparse.Namespace) -> int:
    """Train a run again from its record and compare every bit; the exit status is 1 if a batch differs."""
    from tqdm import tqdm

    from gan.recording.atomic_files import DamagedRun
    from gan.recording.replay import LOOSE, replay_run
    from gan.recording.run_file import read_run_file

    folder = run_folder(options.name)
    with prefixed(f"Run {options.name} cannot be replayed", DamagedRun):
        require_images(read_run_file(folder).settings, options.yes)
        with tqdm(total=read_run_file(folder).batch, unit=" batches", disable=None, file=sys.stderr) as bar:
            outcome = replay_run(folder, lambda batch: bar.update(batch - bar.n))
    result = {"name": options.name, "batches": outcome.batches, "equal": outcome.passed,
              "first_difference": outcome.first_difference, "weights_equal": outcome.weights_equal,
              "tolerance": 0 if outcome.exact else LOOSE, "compared": outcome.compared}  # fmt: skip
    print_json(result)
    if outcome.reason:
        print(f"livegan: {outcome.reason} So {outcome.compared} are compared.", file=sys.stderr)
    return 0 if outcome.passed else 1


def _train(registry: RunRegistry, options: argparse.Namespace) -> int:
    given = {name: getattr(options, name) for name in KNOBS if getattr(options, name) is not None}
    if options.again is not None and (given or options.resume is not None or options.preset or options.networks):
        raise LiveGANError("--again trains a recording as it is; it goes with --name alone.")
    if options.name is not None:
        names.title_of(options.name)
    _check_writable(registry.folder)
    before = registry.get(options.resume).snapshot() if options.resume is not None else None
    run = _begin(registry, options, given)
    _print_knobs_without_effect(given, run)
    _stop_on_signals(registry)
    _show_progress(run)
    registry.close(measure=True)
    print_json(_result(run, before))
    after = run.snapshot()
    if after.state in ("failed", "diverged"):
        raise LiveGANError(after.message)
    if after.saved:
        raise LiveGANError(
            f"Run {after.title} could not be saved to its end; make room on the disk and train it again."
        )
    return 0


def _begin(registry: RunRegistry, options: argparse.Namespace, given: dict[str, str]) -> Run:
    """Start or resume the run that the options ask for."""
    if options.again is not None:
        require_images(registry.get(options.again).snapshot().settings, options.yes)
        return registry.train_again(options.again, options.name)
    if options.resume is None:
        settings = parse({**(presets.named(options.preset).values if options.preset else {}), **given})
        require_images(settings, options.yes)
        return registry.start(settings, options.name, own=_own(options))
    run = registry.get(options.resume)
    _check_same_networks(run, _own(options))
    require_images(run.snapshot().settings, options.yes)
    if given:
        registry.command(options.resume, SetKnobs(_live_values(given)))
    registry.resume(options.resume)
    return run


def _own(options: argparse.Namespace) -> OwnNetworks | None:
    from gan.training.own_networks import OwnNetworks

    return None if options.networks is None else OwnNetworks.read(Path(options.networks))


def _check_same_networks(run: Run, own: OwnNetworks | None) -> None:
    """A run continues with the networks that it began with; raises `LiveGANError` if others are given."""
    recorded = run.run_file.networks
    if own is not None and (recorded is None or recorded.sha256 != own.sha256):
        began = "the fully connected networks" if recorded is None else f"another file, {recorded.file}"
        raise LiveGANError(
            f"Run {run.snapshot().title} began with {began}, so it cannot continue with {own.file}; start a new run."
        )


def _result(run: Run, before: Snapshot | None) -> dict[str, Any]:
    """The values that the command prints; `before` is the snapshot of a resumed run at its start."""
    from gan.training.device_choice import choose_device
    from gan.training.steps import choose_step

    now, own = run.snapshot(), run.run_file.networks is not None
    device = choose_device(now.settings, own=own, trained_on=run.run_file.processor)
    step = choose_step(now.settings, own=own, device=device.kind)
    seconds = now.seconds - (before.seconds if before else 0.0)
    images = _images_seen(now) - (_images_seen(before) if before else 0)
    rows = run.series.rows(0, now.batch)
    last = zip(("d_loss", "g_loss", "d_real_acc", "d_fake_acc"), rows[-1].tolist(), strict=True) if now.batch else ()
    return {
        "name": now.name, "title": now.title, "state": now.state, "epochs": now.epoch, "batches": now.batch,
        "seconds": round(seconds, 3), "images_per_second": round(images / seconds) if seconds else 0,
        "device": device.kind, "device_reason": device.reason, "step": step.step, "step_reason": step.reason,
        **dict(last),
    }  # fmt: skip


def _images_seen(now: Snapshot) -> int:
    """How many images a run has been shown; the last batch of an epoch may be smaller."""
    from gan.data import image_sets

    s = now.settings
    size = len(image_sets.load(s.dataset, s.split, s.digits))
    epochs, rest = divmod(now.batch, now.batches_per_epoch)
    return epochs * size + min(rest * s.batch_size, size)


def _live_values(given: dict[str, str]) -> dict[str, Any]:
    """Option texts as the values that the settings make of them."""
    parsed = parse(given).model_dump(mode="json")
    return {name: parsed[name] for name in given}


def _check_writable(folder: Path) -> None:
    """Raises `LiveGANError` unless files can be made in the folder of the runs."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return
    except OSError as error:
        raise LiveGANError(
            f"No run can be saved in {folder} ({error.strerror}); set LIVEGAN_CHECKPOINTS to a folder that can be "
            "written."
        ) from None


def _print_knobs_without_effect(given: dict[str, str], run: Run) -> None:
    """Print one line on stderr for each given knob that changes nothing in such a run; its value is still recorded."""
    own = run.run_file.networks
    idle = without_effect(run.snapshot().settings.model_dump(mode="json"))
    # that a latent size cannot be changed later is no reason not to choose it
    idle |= {name: reason for name, reason in own.without_effect().items() if name != "latent_dim"} if own else {}
    for name, reason in idle.items():
        if name in given:
            print(f"livegan: {KNOBS[name].label} ({name}) has no effect here. {reason}", file=sys.stderr)


def _stop_on_signals(registry: RunRegistry) -> None:
    """Make Ctrl-C and SIGTERM write a checkpoint and end the run; it can be resumed."""

    def stop(_signal: int, _frame: object) -> None:
        registry.close()

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)


def _show_progress(run: Run) -> None:
    from tqdm import tqdm

    with tqdm(unit=" batches", disable=None, file=sys.stderr) as bar:
        while run.active:
            run.join(0.2)
            s = run.snapshot()
            bar.total, bar.n = s.epochs * s.batches_per_epoch, s.batch
            bar.set_postfix_str(f"epoch {s.epoch} of {s.epochs}", refresh=False)
            bar.refresh()
