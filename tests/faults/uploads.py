"""Uploads made to hold the server: what each takes in time and memory, and how long others wait meanwhile.

    python tests/faults/uploads.py [NAME ...]

prints a line of JSON for each, made in full size and unpacked in a process of its own that answers requests meanwhile.
`test_uploads.py` is the short version.
"""

from __future__ import annotations

import dataclasses
import io
import json
import multiprocessing
import os
import struct
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1] / "support")]

import numpy as np
from helpers import SMALL
from zips import contents, packed, with_fields

from gan.limits import MAX_COMMANDS, MAX_COMMANDS_FILE, MAX_FILES, MAX_UPLOADED_WEIGHTS, MIB
from gan.quality import scores
from gan.recording import atomic_files, commands_file
from gan.recording.commands import RecordedCommand, SetKnobs
from gan.settings import LIVE_KNOBS

Part = bytes | Iterator[bytes] | None
IDLE = 5.0  # seconds
MOST_SECONDS, MOST_MEMORY, LONGEST_WAIT = 5.0, 200 * MIB, 0.1


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What an upload took. `memory`: bytes at most beyond what there was before; `wait`: the longest of a request.

    On a machine that others use, these tell more: `cpu`, seconds of one core; `held`, how much of the process's time
    passed at most between two turns of another thread; `idle`, the longest wait of a request before the upload.
    """

    refusal: str
    seconds: float
    cpu: float
    memory: int
    wait: float
    held: float
    idle: float

    @property
    def fine(self) -> bool:
        return self.seconds <= MOST_SECONDS and self.memory <= MOST_MEMORY and self.wait <= LONGEST_WAIT


# --- what is uploaded --------------------------------------------------------------------------------------------


def with_parts(path: Path, parts: dict[str, Part], *, stored: bool = False) -> None:
    """Write a zip of a whole run with these files in place of its own; a part may come in pieces, or be left out."""
    with zipfile.ZipFile(path, "w", compresslevel=1) as out:
        for name, part in {**contents(), **parts}.items():
            if part is None:
                continue
            entry = zipfile.ZipInfo(f"demo/{name}")
            entry.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
            with out.open(entry, "w", force_zip64=True) as file:
                for piece in [part] if isinstance(part, bytes) else part:
                    file.write(piece)


def stateless() -> dict[str, Part]:
    """The run's full states left out."""
    return {name: None for name in contents() if name.startswith("state-")}


def repeated(piece: bytes, size: int) -> Iterator[bytes]:
    """`piece` again and again, `size` bytes in all."""
    block = piece * (MIB // len(piece) + 1)
    while size > 0:
        yield block[:size]
        size -= len(block)


def newlines(size: int) -> Callable[[Path], None]:
    return lambda path: with_parts(path, {"commands.jsonl": repeated(b"\n", size)})


def many_commands(path: Path, count: int = MAX_COMMANDS) -> None:
    """As many valid commands as there may be, each another value, as a forger would write them who counts checksums."""
    record = [RecordedCommand(0, SetKnobs({"lr_g": 1e-5 + 1e-10 * number}), 5.0) for number in range(count)]
    fields = {"commands": count, "commands_sha256": commands_file.checksum(record)}
    last = json.loads(contents()["run.json"])["settings"] | record[-1].values
    lines = b"".join(map(commands_file.to_line, record))
    run_file = with_fields(**fields, settings=last, states=[])
    with_parts(path, {"commands.jsonl": lines, "run.json": run_file, **stateless()})


def many_changes(path: Path) -> None:
    """A record of as many knob changes as fit into its file."""
    knobs = SMALL.model_dump(mode="json")
    live = {name: knobs[name] for name in sorted(LIVE_KNOBS)}
    line = commands_file.to_line(RecordedCommand.of_kind(0, "set", live, 5.0))
    with_parts(path, {"commands.jsonl": repeated(line, MAX_COMMANDS_FILE // len(line) * len(line))})


def huge_run_file(path: Path) -> None:
    with_parts(path, {"run.json": repeated(b'{"message": "' + b"x" * 1000, 150 * MIB)})


def run_file_of_small_values(path: Path) -> None:
    with_parts(path, {"run.json": b"[" + b",".join([b"[]"] * (1 * MIB)) + b"]"})


def many_states(path: Path) -> None:
    """A `run.json` that names as many states as it can, none of them there."""
    *_, state = json.loads(contents()["run.json"])["states"]
    states = [{**state, "batch": number, "commands": 0} for number in range(1, 25)]
    with_parts(path, {"run.json": with_fields(states=states * 300)})


def huge_scores(path: Path) -> None:
    with_parts(path, {"quality.json": repeated(b'{"scores": [' + b"[]," * 300, 150 * MIB)})


def scores_of_small_values(path: Path) -> None:
    with_parts(path, {"quality.json": b'{"scores": [' + b"{}," * (2 * MIB) + b'{}], "checksum": ""}'})


def many_scores(path: Path) -> None:
    """Ten thousand whole scores, of a run that cannot have them."""
    from helpers import score_of

    with_parts(path, {"quality.json": scores.packed([score_of(1.0 + 1 / (1 + n), n) for n in range(10_000)])})


def deep(name: str) -> Callable[[Path], None]:
    return lambda path: with_parts(path, {name: b'{"scores":' + b"[" * (3 * MIB)})


def many_files(count: int) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        black = picture(242, 242, zlib.compress(bytes(242 * 243), 9))
        with_parts(path, {f"grids/{number:05d}.png": black for number in range(3, count)}, stored=True)

    return make


def many_epochs(path: Path) -> None:
    """As many weights of epochs as there may be, each a whole file."""
    from gan.recording import weights_file

    weights, metadata = weights_file.unpack(contents()["epochs/00001.safetensors"], "")
    run_file = json.loads(contents()["run.json"])
    per_epoch, count = run_file["batches_per_epoch"], MAX_UPLOADED_WEIGHTS
    batch = count * per_epoch
    knobs = {name: run_file[name] | {"epochs": 10_000} for name in ("settings", "initial_settings")}
    rows = np.full((batch, 4), 0.5, np.float32)
    buffer = io.BytesIO()
    np.save(buffer, rows)
    parts: dict[str, Part] = {
        f"epochs/{number:05d}.safetensors": weights_file.pack(
            weights, metadata.settings, number * per_epoch, number, half=True
        )
        for number in range(1, count + 1)
    }
    parts["run.json"] = with_fields(
        batch=batch, epoch=count, series_sha256=atomic_files.sha256(rows.data), states=[], commands=0,
        commands_sha256=atomic_files.sha256(b""), settings=knobs["initial_settings"],
        initial_settings=knobs["initial_settings"],
    )  # fmt: skip
    more: dict[str, Part] = {"series.npy": buffer.getvalue(), "commands.jsonl": b""}
    with_parts(path, {**parts, **more, **stateless()}, stored=True)


def long_list_of_files(path: Path, count: int = 2 * MIB) -> None:
    """Two million files without a name: the zip's list of them alone takes 100 MB."""
    entry = struct.pack("<4s6H3L5H2L", b"PK\x01\x02", 20, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    with path.open("wb") as out:
        for piece in repeated(entry, count * len(entry)):
            out.write(piece)
        size = count * len(entry)
        out.write(struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, size, 0))
        out.write(struct.pack("<4sLQL", b"PK\x06\x07", 0, size, 1))
        out.write(struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 65535, 65535, size, 0xFFFFFFFF, 0))


def bomb(path: Path) -> None:
    with_parts(path, {"series.npy": repeated(b"\0", 2048 * MIB)})


def bomb_of_many(path: Path) -> None:
    """Each file no larger than it may be, two gigabytes together."""
    with_parts(path, {f"state-{n}-00000000.safetensors": repeated(b"\0", 180 * MIB) for n in range(12)})


def overlapping(path: Path) -> None:
    """Twelve thousand names for the same packed zeros."""
    zeros = zlib.compress(bytes(120 * 1024), 9)[2:-4]
    crc = zlib.crc32(bytes(120 * 1024))
    name = b"grids/00000.png"
    local = struct.pack("<4s5H3L2H", b"PK\x03\x04", 20, 0, 8, 0, 0, crc, len(zeros), 120 * 1024, len(name), 0)
    whole = io.BytesIO()
    whole.write(local + name + zeros)
    begin = whole.tell()
    count = MAX_FILES - 2
    for number in range(count):
        entry = struct.pack(
            "<4s6H3L5H2L", b"PK\x01\x02", 20, 20, 0, 8, 0, 0, crc, len(zeros), 120 * 1024, len(name), 0, 0, 0, 0, 0, 0
        )
        whole.write(entry + b"grids/%05d.png" % number)
    size = whole.tell() - begin
    whole.write(struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, size, begin, 0))
    path.write_bytes(whole.getvalue())


def zip64_lies(path: Path) -> None:
    """It says that a file takes 2^60 bytes."""
    with_parts(path, {"series.npy": bytes(1000)})
    content = bytearray(path.read_bytes())
    at = content.rindex(b"demo/series.npy") - 46
    struct.pack_into("<2L", content, at + 20, 1000, 0xFFFFFFFF)
    extra = struct.pack("<2HQ", 1, 8, 2**60)
    struct.pack_into("<H", content, at + 30, len(extra))
    place = at + 46 + len("demo/series.npy")
    content[place:place] = extra
    size_at = content.rindex(b"PK\x05\x06") + 12
    struct.pack_into("<L", content, size_at, struct.unpack_from("<L", content, size_at)[0] + len(extra))
    path.write_bytes(content)


def giant_head(path: Path) -> None:
    """Weights whose head is 90 MB of JSON."""
    head = b'{"x": "' + b"y" * (90 * MIB) + b'"}'
    with_parts(path, {"epochs/00001.safetensors": struct.pack("<Q", len(head)) + head})


def head_of_many(path: Path) -> None:
    """A head of as many tensors as fit, none of which has a byte."""
    entries = {f"{n}": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]} for n in range(100_000)}
    head = json.dumps(entries).encode()
    with_parts(path, {"epochs/00001.safetensors": struct.pack("<Q", len(head)) + head})


def largest_networks(path: Path) -> None:
    """A thousand files of weights that say they are of the largest networks, and hold next to nothing."""
    settings = SMALL.changed(g_hidden=[2048] * 4, d_hidden=[2048] * 4).model_dump_json()
    parts: dict[str, Part] = {}
    for number in range(1, 1000):
        about = {"settings": settings, "batch": str(13 * number), "epoch": str(number), "sha256": "0" * 64}
        tensor = {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}
        head = json.dumps({"__metadata__": about, "generator.x": tensor}).encode()
        parts[f"epochs/{number:05d}.safetensors"] = struct.pack("<Q", len(head)) + head + bytes(4)
    with_parts(path, parts)


def lying_series(path: Path) -> None:
    text = b"{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000, 4)}".ljust(117) + b"\n"
    with_parts(path, {"series.npy": b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text})


def long_series(path: Path) -> None:
    """The longest figures that may be uploaded, of a run that says it has trained all of them."""
    count = 5_000_000
    buffer = io.BytesIO()
    np.save(buffer, np.full((count, 4), 0.5, np.float32))
    knobs = json.loads(contents()["run.json"])["initial_settings"] | {"epochs": 10_000}
    per = 13
    batch = min(count, 10_000 * per)
    fields = {
        "batch": batch, "epoch": batch // per, "states": [], "commands": 0, "commands_sha256": atomic_files.sha256(b""),
        "series_sha256": atomic_files.sha256(np.full((batch, 4), 0.5, np.float32).data), "settings": knobs,
        "initial_settings": knobs,
    }  # fmt: skip
    more: dict[str, Part] = {"series.npy": buffer.getvalue(), "commands.jsonl": b"", "run.json": with_fields(**fields)}
    with_parts(path, {**more, **stateless()})


def picture(width: int, height: int, data: bytes) -> bytes:
    """A grey PNG of this size with this in place of its pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">L", len(body)) + kind + body + struct.pack(">L", zlib.crc32(kind + body))

    head = struct.pack(">2L5B", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def huge_picture(path: Path) -> None:
    with_parts(path, {"latest.png": picture(50_000, 50_000, zlib.compress(bytes(1000)))})


def picture_bomb(path: Path) -> None:
    """Of the right size, and with 120 MB of pixels in 120 kB."""
    with_parts(path, {"latest.png": picture(242, 242, zlib.compress(bytes(120 * MIB), 9))})


def bzip2(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_BZIP2) as out:
        for name, content in contents().items():
            out.writestr(f"demo/{name}", content)


def large_run(path: Path) -> None:
    """A run of wide networks that nearly fills the 200 MB: it is whole, and is taken."""
    from gan.runs.queue import TrainingQueue
    from gan.runs.run import Run

    settings = SMALL.changed(g_hidden=[1024, 1024], d_hidden=[1024, 1024], epochs=4, full_every=2)
    with tempfile.TemporaryDirectory() as folder:
        run = Run.new(Path(folder) / "demo", settings, TrainingQueue(1))
        run.launch()
        run.join()
        with zipfile.ZipFile(path, "w") as out:
            for file in sorted((Path(folder) / "demo").rglob("*")):
                inside = file.relative_to(folder).as_posix()
                if file.is_file() and "previous" not in inside and "/." not in inside:
                    out.write(file, inside)


UPLOADS: dict[str, Callable[[Path], None]] = {
    "newlines 150 MB": newlines(150 * MIB),
    "newlines 300 MB": newlines(300 * MIB),
    "newlines that fit": newlines(MAX_COMMANDS_FILE),
    "many commands": many_commands,
    "many knob changes": many_changes,
    "huge run.json": huge_run_file,
    "run.json of small values": run_file_of_small_values,
    "run.json of many states": many_states,
    "huge quality.json": huge_scores,
    "quality.json of small values": scores_of_small_values,
    "many scores": many_scores,
    "deep run.json": deep("run.json"),
    "deep quality.json": deep("quality.json"),
    "20,000 files": many_files(20_000),
    "as many pictures as may be": many_files(10_000),
    "as many epochs as may be": many_epochs,
    "long list of files": long_list_of_files,
    "bomb": bomb,
    "bomb of many": bomb_of_many,
    "overlapping": overlapping,
    "zip64 lies": zip64_lies,
    "giant head": giant_head,
    "head of many tensors": head_of_many,
    "largest networks": largest_networks,
    "lying series": lying_series,
    "longest series": long_series,
    "huge picture": huge_picture,
    "picture bomb": picture_bomb,
    "bzip2": bzip2,
    "large run": large_run,
}


# --- measuring ---------------------------------------------------------------------------------------------------


def measured(path: Path) -> Outcome:
    """Unpack a zip in a process of its own, in which a server answers requests meanwhile."""
    with tempfile.TemporaryDirectory() as folder:
        receiver, sender = multiprocessing.get_context("spawn").Pipe(duplex=False)
        process = multiprocessing.get_context("spawn").Process(
            target=_unpack, args=(path, Path(folder), packed(), sender)
        )
        process.start()
        sender.close()
        outcome: Outcome = receiver.recv()
        process.join()
        return outcome


def _unpack(path: Path, folder: Path, whole: bytes, sender: Any) -> None:
    import torch
    from serving import serving

    torch.set_num_threads(1)
    with serving(folder / "runs") as server, path.open("rb") as upload:
        (folder / "runs").mkdir(exist_ok=True)
        registry = server.registry
        registry.unpack(io.BytesIO(whole), "warm.zip")  # what is imported and made once is no cost of an upload
        registry.get("warm")
        done, waits = threading.Event(), [0.0]
        asker = threading.Thread(target=_ask, args=(server, done, waits))
        asker.start()
        done.wait(IDLE)
        idle = max(waits)
        waits.clear()
        before, peak, held = _resident(), [0], [0.0]
        watcher = threading.Thread(target=_watch, args=(done, peak, held))
        watcher.start()
        began, began_cpu, refusal = time.perf_counter(), time.thread_time(), ""
        try:
            name = registry.unpack(upload, path.name)
        except Exception as error:
            refusal = f"{type(error).__name__}: {error}"
        seconds, cpu = time.perf_counter() - began, time.thread_time() - began_cpu
        if not refusal:
            began = time.perf_counter()
            registry.summaries()
            registry.get(name)
            refusal = f"taken; opened in {time.perf_counter() - began:.2f} s"
        done.set()
        asker.join()
        watcher.join()
        times = {"wait": max(waits, default=0.0), "held": held[0], "idle": idle}
        rounded = {name: round(value, 3) for name, value in times.items()}
        sender.send(Outcome(refusal, round(seconds, 3), round(cpu, 3), max(0, peak[0] - before), **rounded))


def _ask(server: Any, done: threading.Event, waits: list[float]) -> None:
    """One request after the other, from a process of its own: a thread here would wait for itself."""
    script = (
        "import http.client,sys,time\n"
        f"c=http.client.HTTPConnection('{server.address}',timeout=60)\n"
        "for line in sys.stdin:\n"
        " t=time.perf_counter();c.request('GET','/api/health');c.getresponse().read()\n"
        " print(time.perf_counter()-t,flush=True)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as one:
        assert one.stdin is not None
        assert one.stdout is not None
        while not done.is_set():
            one.stdin.write("\n")
            one.stdin.flush()
            waits.append(float(one.stdout.readline()))
            done.wait(0.005)
        one.stdin.close()


def _watch(done: threading.Event, peak: list[int], held: list[float]) -> None:
    last = time.process_time()
    while not done.is_set():
        done.wait(0.002)
        now = time.process_time()
        held[0], last = max(held[0], now - last), now
        peak[0] = max(peak[0], _resident())


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    wanted = sys.argv[1:] or list(UPLOADS)
    for name in wanted:
        with tempfile.TemporaryDirectory() as temporary:
            zipped = Path(temporary) / "upload.zip"
            UPLOADS[name](zipped)
            outcome = measured(zipped)
            told = dataclasses.asdict(outcome) | {"memory": f"{outcome.memory / MIB:.0f} MB", "fine": outcome.fine}
            print(json.dumps({"upload": name, "zip": zipped.stat().st_size} | told), flush=True)
