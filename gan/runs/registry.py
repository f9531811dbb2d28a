"""The registry of all runs in the checkpoints folder: starting, changing and removing them, start-up, shutdown."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import threading
from collections.abc import Callable, Collection
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from gan.data import image_sets
from gan.errors import LiveGANError
from gan.limits import BIN_DAYS
from gan.names import NAME
from gan.quality.evaluator import Evaluator
from gan.recording import atomic_files, commands_file, networks_file, notes
from gan.recording.atomic_files import DamagedRun
from gan.recording.commands import Command, Resume
from gan.recording.run_file import Desk, read_run_file
from gan.recording.writer import is_held
from gan.runs import archive, branch, set_aside, shipped
from gan.runs.active_limit import make_room
from gan.runs.desks import DeskLimits, Desks, DeskUse, bytes_needed
from gan.runs.folder_claim import TAKEN, FolderClaim
from gan.runs.open_runs import OpenRuns, RunNotFound, unknown
from gan.runs.queue import TrainingQueue
from gan.runs.recycle_bin import RecycleBin
from gan.runs.run import AT_REST_ALREADY, Run
from gan.runs.run_data import RunData, RunQueue
from gan.runs.run_names import RunNames
from gan.settings import Settings
from gan.training.own_networks import OwnNetworks
from gan.training.own_trial import try_out
from gan.training.steps import refuse_impossible_step
from gan.views.health_meter import HealthMeter

log = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parents[2]


class RunRegistry:
    """The runs in one folder."""

    def __init__(self, folder: Path, limit: int | None = None) -> None:
        self.folder = folder
        self.read_only: str | None = None
        self._training_queue: RunQueue = TrainingQueue(limit or os.cpu_count() or 1)
        self._runs = OpenRuns(folder, self._open)
        self.summaries, self.get, self.desk_of = self._runs.summaries, self._runs.get, self._runs.desk_of
        self._desks: Desks[RunData] = Desks(folder, self._training_queue, self.summaries)
        self._names = RunNames(folder, self._runs.by_name, self.summaries)
        self._evaluator = Evaluator()
        self._meter = HealthMeter()
        self.bin = RecycleBin(folder)
        self._lock = self._runs.lock
        self._unpacking = threading.Lock()
        self._claim = FolderClaim(folder)
        self._background: list[threading.Thread] = []
        self._closing = threading.Event()
        self._resumes = False

    # --- start-up and shutdown ---------------------------------------------------------------------------------

    def open(self, *, resume_desks: bool = False) -> None:
        """Claim the folder for this server; as long as another server holds it, this registry is read-only.

        Args:
            resume_desks: let the runs of desks queue again that a kill has interrupted.
        """
        self._resumes = resume_desks
        try:
            if self._claim.make():
                archive.remove_left_over(self.folder)
            else:
                self.read_only = TAKEN
                self.in_background(self._take_over, "claim the folder")
        except OSError as error:
            log.warning("The folder of the runs cannot be written: %s", error.strerror)
        self.in_background(self._watch_bin, "bin")
        if self.read_only is None:
            self.in_background(self._resume_desks, "desks")

    def in_background(self, work: Callable[[], None], name: str) -> None:
        """Run `work` in a thread that `close` waits for."""
        thread = threading.Thread(target=work, name=name, daemon=True)
        self._background.append(thread)
        thread.start()

    def _take_over(self) -> None:
        """Write the folder as soon as the other server has ended, even if it was killed."""
        if self._claim.wait(self._closing):
            archive.remove_left_over(self.folder)
            self.read_only = None
            self._resume_desks()

    def close(self, *, measure: bool = False) -> None:
        """Write a checkpoint of every run and end all threads; the runs can be resumed later.

        A run that has ended by itself is waited for, too: its thread may still be giving back the memory of its
        networks. A thread that is inside torch when the interpreter ends takes the process down with it ("terminate
        called without an active exception").

        Args:
            measure: wait until the images of the epochs that have just ended are measured.
        """
        self._closing.set()
        for thread in self._background:
            thread.join()
        runs = list(self._runs.by_name.values())
        for run in runs:
            run.shut_down()
        for run in runs:
            run.join()
        self._evaluator.close(finish=measure)
        self._meter.close()
        self._claim.drop()

    def _open(self, folder: Path) -> Run:
        return Run.open(folder, self._training_queue, self._evaluator, self._meter, self._desks)

    # --- acting ------------------------------------------------------------------------------------------------

    def start(
        self, settings: Settings, name: str | None = None, *, paused: bool = False, own: OwnNetworks | None = None,
        desk: Desk | None = None, ends_at: int | None = None,
    ) -> Run:  # fmt: skip
        """Create a run and start it; it is queued if as many as allowed train already.

        Args:
            name: as it was typed, in any script; without one it is made from the time.
            own: networks of one's own. Only the command line passes some: they are a program.
            desk: the desk that owns it; the teacher if None.
            ends_at: the batch at which it stops, if its epochs do not end before.

        Raises:
            InvalidName, DataError, Busy, NetworksError, LiveGANError: no run was created.
        """
        self._writable()
        self._make_room(desk)
        if name:
            self._names.typed(name)  # before the user is asked to download anything
        refuse_impossible_step(settings)
        _need_data(settings)
        networks = None if own is None else networks_file.record_of(own, try_out(own, settings, _last_batch(settings)))
        needed = bytes_needed(settings) if desk else 0
        with self._lock:
            self._check_desk(desk, needed)
            name, title = self._names.typed(name) if name else (self._names.of_now(), None)
            if own is not None:
                _keep_networks(self.folder / name, own)
            run = Run.new(
                self.folder / name,
                settings,
                self._training_queue,
                self._evaluator,
                title,
                networks,
                self._meter,
                desk,
                self._desks,
                ends_at,
            )
            run.launch(paused=paused)
            self._runs.by_name[name] = run
            return run

    def branch(
        self, name: str, epoch: int, values: dict[str, Any], new_name: str | None = None, *, paused: bool = False,
        desk: Desk | None = None,
    ) -> Run:  # fmt: skip
        """Start a run that equals `name` up to the end of `epoch` (0: its beginning) and then has other live knobs.

        `paused`: it pauses there. `desk`: the desk that owns it, whoever owns `name`. Raises `LiveGANError`.
        """
        self._writable()
        self._make_room(desk)
        parent = self.get(name)
        now = parent.snapshot()
        if not 0 <= epoch <= now.epoch:
            raise LiveGANError(
                f"Epoch {epoch} of run {now.title} is not over; branch from an epoch from 0 to {now.epoch}."
            )
        if new_name:
            self._names.typed(new_name)
        _need_data(now.settings)
        needed = 0
        if desk is not None:
            needed = bytes_needed(now.settings)
            batch = epoch * now.batches_per_epoch
            states = parent.run_file.states
            self._desks.check_branch(batch - max((s.batch for s in states if s.batch <= batch), default=0))

        def write(folder: Path) -> None:
            run_file = parent.run_file  # read first: a parent that trains only adds to what is read next
            rows, commands = parent.series.rows(0, parent.snapshot().batch), parent.record.so_far()
            branch.begin(self.folder / parent.name, run_file, rows, commands, epoch, values, folder, title, desk)

        with self._lock:
            self._check_desk(desk, needed)
            safe, title = self._names.typed(new_name) if new_name else self._names.derived(parent, "branch")
            pause_at = epoch * now.batches_per_epoch if paused else None
            return self._start_written(safe, "The branch", write, pause_at)

    def _start_written(self, name: str, what: str, write: Callable[[Path], None], pause_at: int | None = None) -> Run:
        """Have `write` make the files of a new run, and start it; `what` begins the sentence if the disk refuses."""
        folder = self.folder / name
        try:
            write(folder)
        except OSError as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise LiveGANError(f"{what} could not be written: {error.strerror}.") from None
        except DamagedRun as error:
            raise LiveGANError(f"{what} could not be made: {error}") from None
        run = self._open(folder)
        run.pause_at(pause_at)
        run.launch()
        self._runs.by_name[name] = run
        return run

    def train_again(self, name: str, new_name: str | None = None, desk: Desk | None = None) -> Run:
        """Start a run that repeats the whole recording of `name`, knob changes included, and stops where it ends.

        `desk`: the desk that owns it, whoever owns `name`. Raises `LiveGANError`.
        """
        self._writable()
        self._make_room(desk)
        original = self.get(name)
        run_file, record = original.on_disk, original.record
        commands = record.commands[: run_file.commands]
        if run_file.batch == 0:
            raise LiveGANError(
                f"Run {run_file.shown_name} has no batch on disk yet, so there is nothing to train again."
            )
        if not commands_file.matches(commands, run_file):
            raise LiveGANError(f"The record of run {run_file.shown_name} is damaged, so it cannot be trained again.")
        _need_data(run_file.settings)
        if desk is not None:
            self._desks.check_branch(run_file.batch)
        with self._lock:
            self._check_desk(desk, bytes_needed(run_file.settings) if desk else 0)
            safe, title = self._names.typed(new_name) if new_name else self._names.derived(original, "again")
            parent = self.folder / name
            write = partial(branch.begin_again, parent, run_file, commands, title=title, desk=desk)
            return self._start_written(safe, "The new run", write)

    def restore_aside(self, name: str, number: int) -> str:
        """Turn something that is set aside in a run into a run of its own; returns its name. Raises `LiveGANError`.

        It belongs to the same desk as the run.
        """
        self._writable()
        run = self.get(name)
        with self._lock:
            self._check_desk(run.run_file.desk, 0)
            new_name = self._names.free(f"{name[:51]}-set-aside")
            set_aside.restore(run.folder, number, self.folder / new_name)
            with contextlib.suppress(DamagedRun, OSError):  # the list says that it is damaged
                self._names.number_title(new_name)
        run.count_aside()
        return new_name

    def discard_aside(self, name: str, number: int) -> None:
        """Throw away something that is set aside in a run; raises `LiveGANError`."""
        self._writable()
        run = self.get(name)
        set_aside.discard(run.folder, number)
        run.count_aside()

    def command(self, name: str, command: Command, by: str | None = None) -> None:
        """Post a command to a run; a run at rest is woken from its last checkpoint. Raises `LiveGANError`.

        `by`: the name of the student who asks for it; None: the teacher.
        """
        self._writable()
        run = self.get(name)
        if not run.active and not isinstance(command, AT_REST_ALREADY):
            desk = run.run_file.desk
            self._make_room(desk)
            if desk is not None and (full := self._desks.why_full(desk)):
                raise LiveGANError(full)
            _need_data(run.snapshot().settings)
        run.command(command, by)

    def free_title(self, title: str) -> str:
        """`title`, or the same with the first number behind it that no run has."""
        with self._lock:
            return self._names.free_title(title)

    def resume(self, name: str) -> None:
        self.command(name, Resume())

    def measure(self, name: str) -> None:
        """Measure the images of all kept epochs that have no score yet; raises `LiveGANError`."""
        self._writable()
        run = self.get(name)
        self._evaluator.measure_all(run.scores, run.folder)

    def delete(self, name: str) -> str | None:
        """Stop a run and move it to the bin; returns its key there, or None if it was never on disk.

        Raises `LiveGANError`.
        """
        self._writable()
        with self._lock:
            known = NAME.fullmatch(name) and (name in self._runs.by_name or (self.folder / name).is_dir())
            if not known or name in self._runs.leaving:
                raise unknown(name)
            if self._is_shipped(name):
                raise LiveGANError(f"Run {name} came with LiveGAN and cannot be deleted; hide it instead.")
            run = self._runs.by_name.get(name)
            if (run is None or not run.active) and is_held(self.folder / name):
                raise LiveGANError(f"Run {name} is being trained by another process; stop that one first.")
            self._runs.by_name.pop(name, None)
            self._runs.leaving.add(name)
        try:
            if run is not None:
                run.shut_down()
                run.join()
                run.scores.close()
                run.health.close()
            key = self.bin.put(self.folder / name)
            if (desk := self.bin.find(key).desk) is not None:  # or deleting runs could fill the disk
                self.bin.thin(desk, self.desk_limits.runs)
            return key
        except FileNotFoundError:
            return None  # the disk refused its folder
        finally:
            self._runs.leaving.discard(name)

    def restore(self, key: str) -> str:
        """Take a run out of the bin; returns its name, numbered if that is taken now. Raises `LiveGANError`."""
        self._writable()
        with self._lock:
            name = self._names.free(self.bin.find(key).name)
            self.bin.take_out(self.bin.find(key).key, self.folder / name)
            with contextlib.suppress(DamagedRun, OSError):  # the list says that it is damaged
                self._names.number_title(name)
        return name

    def empty_bin(self) -> int:
        """Remove all runs in the bin for good; returns how many. Raises `LiveGANError`."""
        self._writable()
        gone = self.bin.empty()
        left = len(self.bin.listed())
        if left:
            raise LiveGANError(f"{left} of the runs in the bin could not be removed; the disk refuses it.")
        return gone

    def hide(self, name: str, hide: bool) -> None:
        """Hide a run that ships with LiveGAN, or show it again; raises `LiveGANError`."""
        self._writable()
        if not self._is_shipped(name):
            raise LiveGANError("Only the runs that came with LiveGAN can be hidden; delete this one instead.")
        try:
            shipped.hide(self.folder, name, hide)
        except OSError as error:
            raise LiveGANError(f"Run {name} could not be {'hidden' if hide else 'shown'}: {error.strerror}.") from None

    def note(self, name: str, text: str) -> None:
        """Keep these notes on a run, for its lab report; raises `LiveGANError`."""
        self._writable()
        self.get(name)
        with self._lock:  # or a run that is being deleted would leave a folder with its notes
            if name in self._runs.leaving or not (self.folder / name).is_dir():
                raise unknown(name)
            try:
                notes.write(self.folder / name, text)
            except OSError as error:
                raise LiveGANError(f"The notes could not be kept: {error.strerror}.") from None

    def _is_shipped(self, name: str) -> bool:
        if name not in shipped.NAMES:
            return False
        try:
            return shipped.is_shipped(name, read_run_file(self.folder / name).created)
        except DamagedRun:
            return False

    def _watch_bin(self) -> None:
        """Remove runs that have been in the bin too long, now and every hour, while this server holds the folder."""
        while True:
            if not self.read_only and self.bin.expire():
                log.info("Runs that were in the bin for %d days were removed", BIN_DAYS)
            if self._closing.wait(3600):
                return

    def pack(self, name: str) -> bytes:
        """A run's folder as a zip; raises `LiveGANError`."""
        self.get(name)
        try:
            return archive.pack(self.folder / name)
        except DamagedRun as error:
            raise LiveGANError(f"Run {name} is damaged: {error}") from None
        except OSError as error:
            raise LiveGANError(f"Run {name} could not be read: {error.strerror}.") from None

    def unpack(self, upload: BinaryIO, filename: str, desk: Desk | None = None) -> str:
        """Add a run from a zip and return its name; raises `LiveGANError` with the reason for a refusal.

        It belongs to `desk`, whichever owned it where it was packed.

        Uploads are unpacked one at a time, so many at once take no more memory and time than one.
        """
        self._writable()
        try:
            with self._unpacking, archive.unpacked(upload, self.folder, desk) as folder, self._lock:
                self._check_desk(desk, atomic_files.size(folder))
                name = self._names.of_upload(filename)
                folder.rename(self.folder / name)
                self._names.number_title(name)
                return name
        except OSError as error:
            raise LiveGANError(f"The run could not be stored: {error.strerror}.") from None

    # --- desks -------------------------------------------------------------------------------------------------

    @property
    def desk_limits(self) -> DeskLimits:
        """What each desk may have; assigning it stores it, or raises `LiveGANError`."""
        return self._desks.limits

    @desk_limits.setter
    def desk_limits(self, limits: DeskLimits) -> None:
        self._writable()
        self._desks.set_limits(limits)

    def desk_use(self, desk: str) -> DeskUse:
        """What the desk with this id has."""
        return self._desks.use(desk)

    def desks_in_use(self) -> list[tuple[Desk, DeskUse]]:
        """All desks that have a run, by name."""
        return self._desks.in_use()

    def clear_desks(self, desks: Collection[str]) -> int:
        """Move all runs of these desks to the bin, also those that train; returns how many. Raises `LiveGANError`."""
        self._writable()
        gone = [run.name for run in self.summaries() if run.desk is not None and run.desk.id in desks]
        for run in filter(None, map(self._runs.by_name.get, gone)):  # all at once: each first writes a checkpoint
            run.shut_down()
        for name in gone:
            with contextlib.suppress(RunNotFound):  # its student has just deleted it
                self.delete(name)
        return len(gone)

    def _resume_desks(self) -> None:
        """Let the runs of desks queue again that trained or waited when the server was killed."""
        if not self._resumes:
            return
        for run in sorted(self.summaries(), key=lambda run: run.created):
            try:
                if run.desk is None or run.state != "interrupted" or self._closing.is_set():
                    continue
                if read_run_file(self.folder / run.name).state in ("queued", "running"):
                    self.command(run.name, Resume())
            except LiveGANError as error:
                log.warning("Run %s could not go on: %s", run.name, error)

    # --- parts -------------------------------------------------------------------------------------------------

    def _writable(self) -> None:
        if self.read_only:
            raise LiveGANError(self.read_only)

    def _make_room(self, desk: Desk | None) -> None:
        make_room(list(self._runs.by_name.values()), desk)

    def _check_desk(self, desk: Desk | None, needed: int) -> None:
        """Raises `LiveGANError` if a run of `needed` bytes is more than this desk may have."""
        if desk is not None:
            self._desks.check_one_more(desk, needed)


def _need_data(settings: Settings) -> None:
    """Raises `DataError` unless the images of a run with these settings are here and whole."""
    image_sets.load(settings.dataset, settings.split, settings.digits)


def _last_batch(settings: Settings) -> int:
    """How many images the smallest batch of an epoch has."""
    images = len(image_sets.load(settings.dataset, settings.split, settings.digits))
    return images % settings.batch_size or settings.batch_size


def _keep_networks(folder: Path, own: OwnNetworks) -> None:
    """Raises `LiveGANError` if the disk refuses: without this file the run could not be resumed."""
    try:
        networks_file.write(folder, own)
    except OSError as error:
        raise LiveGANError(f"{own.file} could not be copied into the run's folder: {error.strerror}.") from None


def checkpoints_folder() -> Path:
    """Where runs are kept: LIVEGAN_CHECKPOINTS, or `checkpoints/` beside the package."""
    return Path(os.environ.get("LIVEGAN_CHECKPOINTS") or ROOT / "checkpoints")
