"""Packs a run into a zip for download, and unpacks an upload, which is checked as if a stranger had made it."""

from __future__ import annotations

import contextlib
import io
import re
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast
from zipfile import ZipInfo

from gan.errors import LiveGANError
from gan.limits import (
    MAX_COMMANDS_FILE,
    MAX_CONTENT,
    MAX_DIRECTORY,
    MAX_FILES,
    MAX_HEALTH,
    MAX_PICTURE,
    MAX_RUN_FILE,
    MAX_SCORES,
    MAX_STATE,
    MAX_UPLOAD,
    MAX_UPLOADED_SERIES,
    MAX_UPLOADED_STATES,
    MAX_UPLOADED_WEIGHTS,
    MAX_WEIGHTS,
    in_words,
)
from gan.recording import atomic_files, commands_file, epochs, networks_file, series_file, weights_file
from gan.recording.atomic_files import DamagedRun
from gan.recording.run_file import UNFINISHED, Desk, RunFile, read_run_file, run_json, write_run_file
from gan.runs.verify import verify

FILE = re.compile(
    r"run\.json|commands\.jsonl|series\.npy|quality\.json|health\.json|latest\.png|state-\d{1,12}-[0-9a-f]{8}\.safetensors"
    r"|epochs/\d{5}\.safetensors|grids/\d{5}\.png"
)
FOLDER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._ ()-]{0,99}/")  # a zip may hold its files in one such folder


NO_PROGRAMS = (
    "they are a program, and LiveGAN takes no programs from uploads. Train them with `python -m gan train --networks`."
)
STAGING = ".upload-"  # how the names of the folders begin in which uploads are unpacked

LARGEST = {  # the most bytes of a file in an upload, by the beginning of its name
    "run.json": MAX_RUN_FILE, "commands.jsonl": MAX_COMMANDS_FILE, "series.npy": MAX_UPLOADED_SERIES,
    "quality.json": MAX_SCORES, "health.json": MAX_HEALTH, "latest.png": MAX_PICTURE, "grids/": MAX_PICTURE,
    "epochs/": MAX_WEIGHTS, "state-": MAX_STATE,
}  # fmt: skip
MOST_OF_A_KIND = {
    "state-": (MAX_UPLOADED_STATES, "full states"), "epochs/": (MAX_UPLOADED_WEIGHTS, "epochs with weights"),
}  # fmt: skip


def pack(folder: Path) -> bytes:
    """A zip of a run's files in a folder of its name; damaged states and weights are left out.

    The file with networks of one's own is in it, so that nothing is lost; `unpacked` refuses such a zip.

    A run that trains keeps writing meanwhile. `run.json` and its states are read together; later additions to the
    other files do no harm (see `gan.recording.run_file`).

    Raises:
        DamagedRun, OSError: a required file is missing, altered or unreadable.
    """
    run_file, packed = _run_file_and_states(folder)
    series_file.read(folder, run_file)
    commands_file.read(folder, run_file)
    for path in epochs.files_of_run(folder):
        inside = path.relative_to(folder).as_posix()
        if FILE.fullmatch(inside) and not inside.startswith(("run.json", "state-")):
            with contextlib.suppress(DamagedRun):  # thinned meanwhile
                content = atomic_files.read(path, limit_of(inside))
                if inside.startswith("epochs/") and not _is_whole(content):
                    continue
                packed[inside] = content
    own = networks_file.read(folder, run_file)
    packed |= {networks_file.NAME: own.source} if own else {}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:  # PNG and weights hardly compress
        for inside, content in packed.items():
            archive.writestr(f"{folder.name}/{inside}", content)
    return out.getvalue()


def _run_file_and_states(folder: Path) -> tuple[RunFile, dict[str, bytes]]:
    """`run.json`, naming only the states that are intact, and the contents of these files by their names."""
    while True:
        run_file = read_run_file(folder)
        found: dict[str, bytes] = {}
        for state in run_file.states:
            with contextlib.suppress(DamagedRun):
                content = atomic_files.read(folder / state.file, MAX_STATE)
                atomic_files.check(state.file, content, state.sha256)
                found[state.file] = content
        if len(found) < len(run_file.states) and read_run_file(folder) != run_file:
            continue  # newer ones have replaced them
        kept = run_file.model_copy(update={"states": tuple(s for s in run_file.states if s.file in found)})
        return kept, {"run.json": run_json(kept.model_dump(mode="json"))} | found


def _is_whole(weights: bytes) -> bool:
    try:
        weights_file.unpack(weights, "")
    except DamagedRun:
        return False
    return True


@contextlib.contextmanager
def unpacked(upload: BinaryIO, runs: Path, desk: Desk | None = None) -> Iterator[Path]:
    """Unpacks a zip made by `pack` into a temporary folder within `runs`, for the caller to rename.

    Everything is checked first: sizes, names, checksums, whether the weights fit the settings, and whether the files
    agree. Files are unpacked and read in small parts, so memory stays small whatever the zip holds.

    Args:
        upload: the zip; it is not copied.
        desk: the desk that owns the run.

    Raises:
        LiveGANError: with the reason. OSError: the disk refuses.
    """
    if upload.seek(0, io.SEEK_END) > MAX_UPLOAD:
        raise LiveGANError(f"The file is larger than {in_words(MAX_UPLOAD)}.")
    with tempfile.TemporaryDirectory(prefix=STAGING, dir=runs, ignore_cleanup_errors=True) as temporary:
        folder = Path(temporary) / "run"
        _store(upload, folder)
        try:
            if read_run_file(folder).networks is not None:
                raise LiveGANError(f"The run in the zip has networks of its own: {NO_PROGRAMS}")
            run_file = verify(folder)
        except DamagedRun as error:
            raise LiveGANError(f"The run in the zip is damaged: {error}") from None
        _refuse_unnamed_states(folder, run_file)
        came_as = "interrupted" if run_file.state in UNFINISHED else run_file.state
        size = run_file.size if desk is None else atomic_files.size(folder)  # a zip says of itself what it likes
        write_run_file(folder, run_file.model_copy(update={"state": came_as, "desk": desk, "size": size}))
        yield folder


def remove_left_over(runs: Path) -> None:
    """Remove half-unpacked uploads that a killed server has left."""
    for path in runs.glob(f"{STAGING}*"):
        shutil.rmtree(path, ignore_errors=True)


def _store(upload: BinaryIO, folder: Path) -> None:
    """Extract a run's files from a zip; raises `LiveGANError`, OSError."""
    try:
        archive = zipfile.ZipFile(_SmallReads(upload))
    except LiveGANError:
        raise
    except Exception:  # zipfile raises many kinds of exceptions for a file that is no zip
        raise LiveGANError("The file is not a zip.") from None
    with archive:
        for inside, entry in _listed(archive).items():
            path = folder / inside
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as file:
                for piece in _pieces(archive, entry, inside):
                    file.write(piece)


def _listed(archive: zipfile.ZipFile) -> dict[str, ZipInfo]:
    """The files in a zip by their names in the run's folder; raises `LiveGANError` before any is unpacked."""
    entries = [entry for entry in archive.infolist() if not entry.filename.endswith("/")]
    if len(entries) > MAX_FILES:
        raise LiveGANError(f"The zip holds more than {MAX_FILES:,} files.")
    if sum(entry.file_size for entry in entries) > MAX_CONTENT:
        raise LiveGANError(f"The zip holds more than {in_words(MAX_CONTENT)}.")
    around = FOLDER.match(entries[0].filename) if entries else None
    prefix = around.group() if around and not FILE.fullmatch(entries[0].filename) else ""
    found: dict[str, ZipInfo] = {}
    for entry in entries:
        inside = entry.filename.removeprefix(prefix)
        if not entry.filename.startswith(prefix) or not FILE.fullmatch(inside) or inside in found:
            if Path(entry.filename).suffix == ".py":
                raise LiveGANError(f"The zip holds {entry.filename[:80]!r}: {NO_PROGRAMS}")
            raise LiveGANError(f"The zip holds {entry.filename[:80]!r}, which is not a file of a run.")
        if entry.file_size > limit_of(inside):
            raise _too_large(inside)
        found[inside] = entry
    if "run.json" not in found:
        raise LiveGANError("The zip holds no run.json, so it is not a run.")
    for kind, (most, words) in MOST_OF_A_KIND.items():
        if sum(inside.startswith(kind) for inside in found) > most:
            raise LiveGANError(f"The zip holds more than {most:,} {words}; trim the run first.")
    return found


def limit_of(inside: str) -> int:
    """The most bytes that a file of this name may have."""
    return next(most for beginning, most in LARGEST.items() if inside.startswith(beginning))


def _pieces(archive: zipfile.ZipFile, entry: ZipInfo, inside: str) -> Iterator[bytes]:
    """The content of a file in parts; refuses more bytes than the file may have."""
    if entry.compress_type not in (
        zipfile.ZIP_STORED,
        zipfile.ZIP_DEFLATED,
    ):  # others can take gigabytes or minutes
        raise LiveGANError(f"{inside} in the zip is packed in a way that LiveGAN does not read; use deflate.")
    left = limit_of(inside)
    try:
        with archive.open(entry) as file:
            for piece in atomic_files.pieces(cast("BinaryIO", file)):
                left -= len(piece)
                if left < 0:
                    raise _too_large(inside)
                yield piece
    except LiveGANError:
        raise
    except Exception:  # zipfile raises many kinds of exceptions for damaged or encrypted entries
        raise LiveGANError(f"{inside} in the zip is damaged or encrypted.") from None


def _too_large(inside: str) -> LiveGANError:
    return LiveGANError(f"{inside} in the zip is larger than {in_words(limit_of(inside))}.")


def _refuse_unnamed_states(folder: Path, run_file: RunFile) -> None:
    """Refuse states that `run.json` does not name: they have not been checked."""
    named = {state.file for state in run_file.states}
    for path in folder.glob("state-*"):
        if path.name not in named:
            raise LiveGANError(f"The zip holds {path.name}, which its run.json does not name.")


class _SmallReads(io.RawIOBase):
    """A file with a limit on each read: `zipfile` reads a zip's list of files at once, however long it claims to be."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def read(self, size: int = -1, /) -> bytes:
        wanted = size if 0 <= size <= MAX_DIRECTORY else MAX_DIRECTORY + 1
        content = self._file.read(wanted)
        if len(content) > MAX_DIRECTORY:
            raise LiveGANError(f"The zip's list of files is longer than {in_words(MAX_DIRECTORY)}.")
        return content
