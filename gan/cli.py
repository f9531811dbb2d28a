"""What the commands of the command line do; `__main__.py` parses their options."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import json
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gan import names
from gan.errors import LiveGANError, prefixed
from gan.presets import PRESETS
from gan.settings import KNOBS, Settings, parse, without_effect

if TYPE_CHECKING:
    from gan.runs.recycle_bin import Binned
    from gan.runs.registry import RunRegistry

SEEDS = (0, 2**31 - 1)


def _print_json(values: Any) -> None:
    """One line of strict JSON."""
    print(json.dumps(values, allow_nan=False))


def train(options: argparse.Namespace) -> int:
    """Train a new run, or go on with one; the last line on stdout is one JSON object."""
    from gan.runs.registry import RunRegistry, checkpoints_folder

    with contextlib.closing(RunRegistry(checkpoints_folder())) as registry:  # however it ends, no thread is left behind
        return _train(registry, options)


def _train(registry: RunRegistry, options: argparse.Namespace) -> int:

    given = {name: getattr(options, name) for name in KNOBS if getattr(options, name) is not None}
    if options.again is not None and (given or options.resume is not None or options.preset):
        raise LiveGANError("--again trains a recording as it is; it goes with --name alone.")
    if options.name is not None:
        names.title_of(options.name)
    _check_writable(registry.folder)
    if options.again is not None:
        start_batch, start_seconds = 0, 0.0
        _have_data(registry.get(options.again).snapshot().settings, options.yes)
        run = registry.train_again(options.again, options.name)
    elif options.resume is not None:
        run = registry.get(options.resume)
        _have_data(run.snapshot().settings, options.yes)
        start_batch, start_seconds = run.snapshot().batch, run.snapshot().seconds
        if given:
            registry.command(options.resume, "set", _live_values(given))
        registry.resume(options.resume)
    else:
        start_batch, start_seconds = 0, 0.0
        settings = _settings(options.preset, given)
        _have_data(settings, options.yes)
        run = registry.start(settings, options.name)
    _tell_of_no_effect(given, run.snapshot().settings)
    _stop_on_signals(registry)
    _show_progress(run)
    registry.close(measure=True)
    s = run.snapshot()
    images = _images_seen(s.batch, s.batches_per_epoch, s.settings) - _images_seen(
        start_batch, s.batches_per_epoch, s.settings
    )
    seconds = s.seconds - start_seconds
    rows = run.series.rows(0, s.batch)
    last = (
        dict(zip(("d_loss", "g_loss", "d_real_acc", "d_fake_acc"), rows[-1].tolist(), strict=True)) if s.batch else {}
    )
    result = {
        "name": s.name, "title": s.title, "state": s.state, "epochs": s.epoch, "batches": s.batch,
        "seconds": round(seconds, 3), "images_per_second": round(images / seconds) if seconds else 0, **last,
    }  # fmt: skip
    _print_json(result)
    if s.state in ("failed", "diverged"):
        raise LiveGANError(s.message)
    if s.saved:
        raise LiveGANError(f"Run {s.title} could not be saved to its end; make room on the disk and train it again.")
    return 0


def replay(options: argparse.Namespace) -> int:
    """Train a run again from its record and compare every bit; status 1 if a batch differs."""
    from tqdm import tqdm

    from gan.recording.atomic_files import DamagedRun
    from gan.recording.replay import LOOSE
    from gan.recording.replay import replay as train_again
    from gan.recording.run_file import read_run_file

    folder = _run_folder(options.name)
    with prefixed(f"Run {options.name} cannot be replayed", DamagedRun):
        _have_data(read_run_file(folder).settings, options.yes)
        with tqdm(total=read_run_file(folder).batch, unit=" batches", disable=None, file=sys.stderr) as bar:
            outcome = train_again(folder, lambda batch: bar.update(batch - bar.n))
    result = {"name": options.name, "batches": outcome.batches, "equal": outcome.passed,
              "first_difference": outcome.first_difference, "weights_equal": outcome.weights_equal,
              "tolerance": 0 if outcome.exact else LOOSE, "compared": outcome.compared}  # fmt: skip
    _print_json(result)
    if outcome.reason:
        print(f"livegan: {outcome.reason} So {outcome.compared} are compared.", file=sys.stderr)
    return 0 if outcome.passed else 1


def sample(options: argparse.Namespace) -> int:
    """Write images of a run's generator."""
    from gan.export.samples import write_samples
    from gan.recording.atomic_files import DamagedRun

    _check_range("--count", options.count, 1, 1_000_000)
    _check_range("--seed", options.seed, *SEEDS)
    out = Path(options.out)
    if out.suffix not in (".npy", ".png"):
        raise LiveGANError(f"--out is {options.out!r}; its name must end in .npy or .png.")
    folder = _run_folder(options.name)
    try:
        with prefixed(f"Run {options.name} cannot be sampled", DamagedRun):
            write_samples(folder, options.count, options.seed, out)
    except OSError as error:
        raise LiveGANError(f"{out} could not be written: {error.strerror}.") from None
    return 0


def judge(options: argparse.Namespace) -> int:
    """Measure the images of a run's generator; prints one JSON object."""
    from gan.data.class_names import CLASS_NAMES
    from gan.quality import metrics
    from gan.quality.reference import reference
    from gan.recording import epochs, weights
    from gan.recording.atomic_files import DamagedRun
    from gan.recording.run_file import read_run_file
    from gan.training import device

    _check_range("--count", options.count, 100, 60_000)
    _check_range("--seed", options.seed, *SEEDS)
    folder = _run_folder(options.name)
    device.use_one_thread()  # the last bits of a figure do not depend on the number of cores
    start = time.monotonic()
    with prefixed(f"Run {options.name} cannot be judged", DamagedRun):
        kept = weights.newest(folder) if options.epoch is None else epochs.read(folder, options.epoch)
        tensors, settings, batch = kept
        epoch = batch // read_run_file(folder).batches_per_epoch if options.epoch is None else options.epoch
        generator = weights.generator_of(tensors, settings, raw=options.raw)
        _have_data(settings, options.yes)
        with _progress_bar() as progress:
            real = reference(settings, progress)
        images = metrics.samples(generator, settings, options.count, options.seed)
        found = metrics.measure(images, real, options.seed, copies_of=None)
    side = "averaged" if weights.is_averaged(tensors) and not options.raw else "raw"
    result = {"name": options.name, "epoch": epoch, "batch": batch, "weights": side,
              "classes": CLASS_NAMES[settings.dataset], **dataclasses.asdict(found),
              "seconds": round(time.monotonic() - start, 3)}  # fmt: skip
    _print_json(result)
    return 0


def classifier(options: argparse.Namespace) -> int:
    """Make MNIST's judge again, the file that ships; prints one JSON object."""
    from gan.data import image_sets
    from gan.quality import feature_stats as judges
    from gan.quality.classifier import accuracy
    from gan.training import device

    _check_range("--seed", options.seed, *SEEDS)
    device.use_one_thread()  # so that the same seed gives the same file on any number of cores
    start = time.monotonic()
    try:
        train, everything = image_sets.load("mnist", "train"), image_sets.load("mnist", "all")
        with _progress_bar() as progress:
            made = judges.make(train, progress, options.seed)
        size = judges.save(made, judges.SHIPPED)
    except OSError as error:
        raise LiveGANError(f"{judges.SHIPPED.name} could not be written: {error.strerror}.") from None
    test = image_sets.ImageSet(everything.images[len(train) :], everything.labels[len(train) :], "MNIST, test images")
    result = {"test_accuracy": round(accuracy(made.classifier, test), 6),
              "seconds": round(time.monotonic() - start, 3), "bytes": size}  # fmt: skip
    _print_json(result)
    return 0


def export(options: argparse.Namespace) -> int:
    """Write a run in another format."""
    from gan.export import FORMATS
    from gan.export import export as exported

    if options.format not in FORMATS:
        raise LiveGANError(f"--format is {options.format!r}; it must be one of {', '.join(FORMATS)}.")
    folder = _run_folder(options.name)
    out = Path(options.out)
    try:
        content, filename, _ = exported(folder, options.format)
        if options.format == "tensorboard":  # which looks for files of its own naming in a folder
            out.mkdir(parents=True, exist_ok=True)
        out = out / filename if out.is_dir() else out
        out.write_bytes(content)
    except OSError as error:
        raise LiveGANError(f"{out} could not be written: {error.strerror}.") from None
    print(out)
    return 0


def trim(options: argparse.Namespace) -> int:
    """Keep the weights of some epochs only; prints what the run takes on disk then."""
    from gan.recording.atomic_files import DamagedRun
    from gan.runs.trim import trim as made_small

    folder = _run_folder(options.name)
    numbers = options.epochs.replace(",", " ").split()
    if not all(number.isascii() and number.isdecimal() and len(number) < 6 for number in numbers):
        raise LiveGANError(f"--epochs is {options.epochs[:60]!r}; it must be whole numbers such as 1,2,5,10.")
    try:
        with prefixed(f"Run {options.name} cannot be trimmed", DamagedRun):
            size = made_small(folder, {int(number) for number in numbers}, half=options.half)
    except OSError as error:
        raise LiveGANError(f"Run {options.name} cannot be trimmed: {error.strerror}.") from None
    _print_json({"name": options.name, "bytes": size})
    return 0


def aside(options: argparse.Namespace) -> int:
    """List what is set aside in a run, or restore or throw away one of it."""
    from gan.runs import set_aside as set_aside
    from gan.runs.registry import RunRegistry, checkpoints_folder

    folder, registry = _run_folder(options.name), RunRegistry(checkpoints_folder())
    if options.restore is not None:
        _print_json({"name": registry.restore_aside(options.name, options.restore)})
    elif options.discard is not None:
        registry.discard_aside(options.name, options.discard)
    else:
        found = set_aside.listed(folder)
        print(f"{'number':>6}  {'epoch':>6}  {'batch':>9}  {'MB':>7}  set aside" if found else "Nothing is set aside.")
        for one in found:
            made = time.strftime("%Y-%m-%d %H:%M", time.localtime(one.made))
            print(f"{one.number:>6}  {one.epoch:>6}  {one.batch:>9}  {one.size / 1e6:>7.1f}  {made}")
    return 0


def recycle_bin(options: argparse.Namespace) -> int:
    """List the bin, take a run out of it, or empty it."""
    from gan.runs.registry import RunRegistry, checkpoints_folder

    registry = RunRegistry(checkpoints_folder())
    if (options.name is not None) != (options.act == "restore"):
        raise LiveGANError("`bin restore` takes the name of a run in the bin; `bin list` and `bin empty` take none.")
    found = registry.bin.listed()
    if options.act == "restore":
        _print_json({"name": registry.restore(options.name)})
    elif options.act == "empty":
        _print_json({"runs": registry.empty_bin(), "bytes": sum(one.size for one in found)})
    else:
        _list_bin(found)
    return 0


def _list_bin(found: list[Binned]) -> None:
    if not found:
        print("The bin is empty.")
        return
    width = max(len(one.key) for one in found)
    print(f"{'name in the bin':<{width}}  {'MB':>7}  {'days left':>9}  deleted")
    for one in found:
        deleted = time.strftime("%Y-%m-%d %H:%M", time.localtime(one.deleted))
        print(f"{one.key:<{width}}  {one.size / 1e6:>7.1f}  {one.days_left:>9}  {deleted}  {one.title}")


def runs(_options: argparse.Namespace) -> int:
    """List the runs on disk."""
    from gan.runs.registry import RunRegistry, checkpoints_folder

    summaries = RunRegistry(checkpoints_folder()).summaries()
    names = [s.name if s.title == s.name else f"{s.name} ({s.title})" for s in summaries]
    width = max(map(len, names), default=4)
    print(f"{'name':<{width}}  {'state':<11}  {'epochs':>11}  {'batches':>9}  {'best FID':>17}  started")
    for name, s in zip(names, summaries, strict=True):
        started = time.strftime("%Y-%m-%d %H:%M", time.localtime(s.created))
        epochs = f"{s.epoch} of {s.epochs}"
        fid = "" if s.fid is None else f"{s.fid:.3g} (epoch {s.fid_epoch})"
        notes = " ".join(filter(None, [s.message, f"{s.aside} set aside." if s.aside else ""]))
        print(f"{name:<{width}}  {s.state:<11}  {epochs:>11}  {s.batch:>9}  {fid:>17}  {started}  {notes}".rstrip())
    return 0


def bench(options: argparse.Namespace) -> int:
    """Measure one subject; the last line on stdout is one JSON object."""
    from gan.bench import measure

    subject = next((name for name in ("scale", "load", "start", "presets") if getattr(options, name)), "step")
    result = measure(
        "runs" if options.runs else subject,
        lambda what: print(f"measuring {what} ...", file=sys.stderr),
        runs=options.runs or 1,
        into_readme=options.readme,
    )
    _print_json(result)
    return 0


# --- parts -------------------------------------------------------------------------------------------------------


def _run_folder(name: str) -> Path:
    from gan.names import NAME
    from gan.runs.registry import checkpoints_folder

    folder = checkpoints_folder() / name
    if not NAME.fullmatch(name) or not folder.is_dir():
        raise LiveGANError(f"There is no run named {name!r}; `python -m gan runs` lists them.")
    return folder


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


def _check_range(option: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise LiveGANError(f"{option} is {value}; it must be a whole number from {low} to {high}.")


def _have_data(settings: Settings, yes: bool) -> None:
    """See to it that the data set is here and whole; download it if the user agrees. Raises `LiveGANError`."""
    from gan.data import image_sets

    try:
        image_sets.load(settings.dataset, settings.split, settings.digits)
    except image_sets.MissingData as error:
        _download(error.dataset, str(error), yes)


def _download(dataset: str, why: str, yes: bool) -> None:
    from gan.data import image_sets

    title, cost = image_sets.TITLES[dataset], image_sets.DOWNLOADS[dataset].cost
    if not yes:
        if not sys.stdin.isatty():
            raise LiveGANError(f"{why} Add --yes to have it downloaded ({cost}).")
        print(f"{why} Download {title} now ({cost})? [y/N] ", end="", file=sys.stderr, flush=True)
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            raise LiveGANError(f"{title} was not downloaded, so nothing was done.")
    try:
        with _progress_bar() as progress:
            image_sets.download(dataset, progress)
    except KeyboardInterrupt:
        raise LiveGANError("The download was cancelled, and nothing is left of it.") from None


@contextlib.contextmanager
def _progress_bar() -> Iterator[Callable[[float, str], None]]:
    """What a progress callback of (share, sentence) moves; it shows itself only if something is reported."""
    from tqdm import tqdm

    with tqdm(total=100, disable=None, file=sys.stderr, delay=0.1, bar_format="{desc} {percentage:.0f}%|{bar}|") as bar:

        def progress(share: float, sentence: str) -> None:
            bar.set_description_str(sentence, refresh=False)
            bar.update(round(100 * share) - bar.n)

        yield progress


def _settings(preset: str | None, given: dict[str, Any]) -> Settings:
    values = next((p.values for p in PRESETS if p.name == preset), {})
    return parse({**values, **given})


def _live_values(given: dict[str, str]) -> dict[str, Any]:
    """Option texts as the values that the settings make of them."""
    parsed = parse(given).model_dump(mode="json")
    return {name: parsed[name] for name in given}


def _tell_of_no_effect(given: dict[str, str], settings: Settings) -> None:
    """One line on stderr for each given knob that changes nothing in such a run; its value is recorded all the same."""
    for name, reason in without_effect(settings.model_dump(mode="json")).items():
        if name in given:
            print(f"livegan: {KNOBS[name].label} ({name}) has no effect here. {reason}", file=sys.stderr)


def _images_seen(batches: int, per_epoch: int, settings: Settings) -> int:
    from gan.data import image_sets

    size = len(image_sets.load(settings.dataset, settings.split, settings.digits))
    epochs, rest = divmod(batches, per_epoch)
    return epochs * size + min(rest * settings.batch_size, size)


def _stop_on_signals(registry: Any) -> None:
    """Ctrl-C and SIGTERM write a checkpoint and end the run; it can be resumed."""

    def stop(_signal: int, _frame: object) -> None:
        registry.close()

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)


def _show_progress(run: Any) -> None:
    from tqdm import tqdm

    with tqdm(unit=" batches", disable=None, file=sys.stderr) as bar:
        while run.active:
            run.join(0.2)
            s = run.snapshot()
            bar.total, bar.n = s.epochs * s.batches_per_epoch, s.batch
            bar.set_postfix_str(f"epoch {s.epoch} of {s.epochs}", refresh=False)
            bar.refresh()
