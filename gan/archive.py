"""A run as a zip: packed for download, and unpacked from an upload that nobody vouches for."""

from __future__ import annotations

import contextlib
import io
import re
import shutil
import zipfile
from pathlib import Path

from gan import checkpoint, epochs, files, scores
from gan.checkpoint import RunFile
from gan.files import DamagedRun
from gan.images import is_grid_png
from gan.limits import MAX_CONTENT, MAX_FILES, MAX_UPLOAD
from gan.record import settings_after
from gan.trainer import check_fit, check_weights

FILE = re.compile(
    r"run\.json|commands\.jsonl|series\.npy|quality\.json|latest\.png|state-\d{1,12}-[0-9a-f]{8}\.safetensors"
    r"|epochs/\d{5}\.safetensors|grids/\d{5}\.png"
)
FOLDER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._ ()-]{0,99}/")  # the one that a zip may have around the files


class RefusedArchive(Exception):
    """An upload that is not a whole run; the text is one sentence with the reason."""


def pack(folder: Path) -> bytes:
    """The files of a run, under its name, as a zip; of states and epochs' weights those that are whole.

    A run that trains goes on writing meanwhile. `run.json` and its states are read together; what the others have
    gained since then does no harm (see `gan.checkpoint`).

    Raises:
        DamagedRun, OSError: a file that the run cannot do without is missing, altered, or cannot be read.
    """
    run_file, packed = _run_file_and_states(folder)
    checkpoint.read_series(folder, run_file)
    checkpoint.read_commands(folder, run_file)
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder).as_posix()
        if FILE.fullmatch(inside) and not inside.startswith(("run.json", "state-")):
            with contextlib.suppress(FileNotFoundError):  # thinned meanwhile
                content = path.read_bytes()
                if inside.startswith("epochs/") and not _is_whole(content):
                    continue
                packed[inside] = content
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:  # PNG and weights hardly compress
        for inside, content in packed.items():
            archive.writestr(f"{folder.name}/{inside}", content)
    return out.getvalue()


def _run_file_and_states(folder: Path) -> tuple[RunFile, dict[str, bytes]]:
    """`run.json` with the states that are whole, and these files by their names."""
    while True:
        run_file = checkpoint.read(folder)
        found: dict[str, bytes] = {}
        for state in run_file.states:
            with contextlib.suppress(DamagedRun):
                content = files.read(folder / state.file)
                files.check(state.file, content, state.sha256)
                found[state.file] = content
        if len(found) < len(run_file.states) and checkpoint.read(folder) != run_file:
            continue  # newer ones have replaced them
        kept = run_file.model_copy(update={"states": tuple(s for s in run_file.states if s.file in found)})
        return kept, {"run.json": checkpoint.run_json(kept.model_dump(mode="json"))} | found


def _is_whole(weights: bytes) -> bool:
    try:
        epochs.unpacked(weights, "")
    except DamagedRun:
        return False
    return True


def unpack(content: bytes, runs: Path, name: str) -> str:
    """Store a zip made by `pack` as the run `name` (a free name) in the folder `runs`.

    Everything is checked before the run is seen: sizes, names, checksums, and that the weights fit the settings.

    Raises:
        RefusedArchive: with the reason. OSError: the disk refuses.
    """
    if len(content) > MAX_UPLOAD:
        raise RefusedArchive(f"The file is larger than {MAX_UPLOAD // 2**20} MB.")
    unpacked = _read(content)
    staging = runs / f".upload-{name}"
    shutil.rmtree(staging, ignore_errors=True)
    try:
        for inside, file in unpacked.items():
            path = staging / inside
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file)
        _check(staging, name)
        staging.rename(runs / name)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return name


def _read(content: bytes) -> dict[str, bytes]:
    """The files by their names inside the run's folder."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except Exception:  # zipfile raises many kinds for what is none
        raise RefusedArchive("The file is not a zip.") from None
    entries = [entry for entry in archive.infolist() if not entry.filename.endswith("/")]
    if len(entries) > MAX_FILES or sum(entry.file_size for entry in entries) > MAX_CONTENT:
        raise RefusedArchive(f"The zip holds more than {MAX_FILES:,} files or {MAX_CONTENT // 2**20} MB.")
    around = FOLDER.match(entries[0].filename) if entries else None
    prefix = around.group() if around and not FILE.fullmatch(entries[0].filename) else ""
    found = {}
    for entry in entries:
        inside = entry.filename.removeprefix(prefix)
        if not entry.filename.startswith(prefix) or not FILE.fullmatch(inside) or inside in found:
            raise RefusedArchive(f"The zip holds {entry.filename[:80]!r}, which is not a file of a run.")
        try:
            found[inside] = archive.read(entry)
        except Exception:  # zipfile raises many kinds for damaged or encrypted entries
            raise RefusedArchive(f"{inside} in the zip is damaged or encrypted.") from None
        if inside.endswith(".png") and not is_grid_png(found[inside]):
            raise RefusedArchive(f"{inside} in the zip is not a picture of 64 images.")
    if "run.json" not in found:
        raise RefusedArchive("The zip holds no run.json, so it is not a run.")
    return found


def _check(folder: Path, name: str) -> None:
    try:
        run_file = checkpoint.read(folder)
        checkpoint.read_series(folder, run_file)
        commands = checkpoint.read_commands(folder, run_file)
        if settings_after(run_file.initial_settings, commands[: run_file.commands]) != run_file.settings:
            raise DamagedRun("its settings are not those that its commands lead to.")
        for state in run_file.states:
            settings = settings_after(run_file.initial_settings, commands[: state.commands])
            check_fit(settings, checkpoint.read_state(folder, state))
        if (folder / scores.NAME).exists():
            scores.unpacked(files.read(folder / scores.NAME))
        for epoch in epochs.numbers(folder):
            weights, settings, _ = epochs.read(folder, epoch)
            check_weights(settings, weights)
    except (DamagedRun, ValueError) as error:
        raise RefusedArchive(f"The run in the zip is damaged: {error}") from None
    came_as = "interrupted" if run_file.state in checkpoint.UNFINISHED else run_file.state
    checkpoint.write_run_file(folder, run_file.model_copy(update={"name": name, "state": came_as}))
