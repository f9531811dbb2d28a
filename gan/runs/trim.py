"""A finished run made small, to be given away: its whole record, all images, the weights of a few telling epochs."""

from __future__ import annotations

from pathlib import Path

from gan.data.grid import is_grid_png, repacked
from gan.limits import MAX_PICTURE
from gan.recording import atomic_files, checkpoint, epochs, weights_file
from gan.recording.atomic_files import DamagedRun
from gan.recording.run_file import read_run_file, write_run_file
from gan.recording.weights import is_averaged
from gan.recording.writer import RunWriter
from gan.runs import set_aside


def trim_run(folder: Path, keep: set[int], *, half: bool = False, discriminators: bool = False) -> int:
    """Keep the generator of the epochs in `keep` and no full state; the newest keeps its discriminator too.

    Of a generator and its average the average is kept.

    Args:
        discriminators: every epoch in `keep` keeps its discriminator, as the views of the game need it.
        half: round the weights to 16 bits, at half the size. A replay compares what is left of them.

    What is gone can be made again from the record: a run that is trimmed still replays, branches, and can be trained
    again as a new run. It cannot be resumed.

    Returns:
        The bytes that it takes now.

    Raises:
        DamagedRun: it trains, it lacks one of these epochs, something is set aside in it, or it is damaged.
        OSError: the disk refuses.
    """
    writer = RunWriter(folder, read_run_file(folder))
    if not writer.lock():
        raise DamagedRun("it is being trained.")
    try:
        _trim(folder, keep, half, discriminators)
    finally:
        writer.unlock()
        atomic_files.remove(folder / ".lock")
    return atomic_files.size(folder)


def _trim(folder: Path, keep: set[int], half: bool, discriminators: bool) -> None:
    run_file = read_run_file(folder)
    if set_aside.numbers(folder):
        raise DamagedRun("something is set aside in it; restore it or throw it away first (`python -m gan aside`).")
    numbers = epochs.numbers(folder)
    absent = sorted(keep - set(numbers))
    if absent or not keep:
        raise DamagedRun(f"the weights of epoch {absent[0]} are not kept." if absent else "no epoch is to be kept.")
    for epoch in numbers:
        weights, settings, batch = epochs.read(folder, epoch)
        if epoch not in keep:
            atomic_files.remove(epochs.path_of(folder, epoch))
        else:
            sides = ["averaged." if is_averaged(weights) else "generator."]
            sides += ["discriminator."] if discriminators or epoch == max(keep) else []
            kept = {name: value for name, value in weights.items() if name.startswith(tuple(sides))}
            epochs.write(folder, epoch, weights_file.pack(kept, settings, batch, epoch, run_file.networks, half=half))
    for path in folder.glob("grids/*.png"):
        png = atomic_files.read(path, MAX_PICTURE)
        if is_grid_png(png):
            atomic_files.write(path, repacked(png))
    small = run_file.model_copy(update={"states": ()})
    write_run_file(folder, small)  # first: a run that names states which are gone counts as damaged
    checkpoint.remove_other_states(folder, small)
    atomic_files.remove(folder / "previous.json")
    write_run_file(folder, small.model_copy(update={"size": atomic_files.size(folder)}))
