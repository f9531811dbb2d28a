"""Files: a reader sees the old content or the new one, and a write that fails leaves nothing behind."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest
from helpers import full_disk

from gan.limits import MIB
from gan.recording import atomic_files
from gan.recording.atomic_files import DamagedRun


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("flush", [True, False])
def test_a_file_is_written_and_written_again(tmp_path: Path, flush: bool) -> None:
    for text in (b"one", b"", b"three"):
        atomic_files.write(tmp_path / "grids" / "00001.png", text, flush=flush)
        assert atomic_files.read(tmp_path / "grids" / "00001.png", MIB) == text
        assert content(tmp_path) == {"grids/00001.png": text}


def test_a_reader_never_sees_half_a_file(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    texts = [bytes([letter]) * 300_000 for letter in b"ab"]
    atomic_files.write(path, texts[0])
    wrong: list[int] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            seen = atomic_files.read(path, MIB)
            if seen not in texts:
                wrong.append(len(seen))

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(100):
        atomic_files.write(path, texts[number % 2], flush=False)
    done.set()
    reader.join()
    assert wrong == []


def test_a_write_that_fails_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    atomic_files.write(tmp_path / "run.json", b"old")
    with full_disk(100), pytest.raises(OSError, match="File too large"):
        atomic_files.write(tmp_path / "run.json", bytes(101))
    assert content(tmp_path) == {"run.json": b"old"}


def test_what_is_appended_comes_at_the_end(tmp_path: Path) -> None:
    for line in (b"one\n", b"two\n", b""):
        atomic_files.append(tmp_path / "new" / "commands.jsonl", line)
    assert content(tmp_path) == {"new/commands.jsonl": b"one\ntwo\n"}


def test_what_cannot_be_appended_whole_is_not_there_at_all(tmp_path: Path) -> None:
    atomic_files.append(tmp_path / "commands.jsonl", b"one\n")
    with full_disk(6), pytest.raises(OSError, match="File too large"):
        atomic_files.append(tmp_path / "commands.jsonl", b"two\n")  # there is room for half of it
    assert content(tmp_path) == {"commands.jsonl": b"one\n"}


def test_a_file_that_is_missing_or_unreadable_is_named(tmp_path: Path) -> None:
    with pytest.raises(DamagedRun, match=r"^series\.npy is missing\.$"):
        atomic_files.read(tmp_path / "series.npy", MIB)
    (tmp_path / "series.npy").mkdir()
    with pytest.raises(DamagedRun, match=r"^series\.npy cannot be read: Is a directory\.$"):
        atomic_files.read(tmp_path / "series.npy", MIB)
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(DamagedRun, match=r"^series\.npy cannot be read: Not a directory\.$"):
        atomic_files.read(tmp_path / "file" / "series.npy", MIB)


def test_a_linked_file_takes_no_room_and_outlives_the_first(tmp_path: Path) -> None:
    first, second = tmp_path / "first" / "state", tmp_path / "second" / "state"
    atomic_files.write(first, b"weights")
    atomic_files.link(first, second)
    assert first.stat().st_ino == second.stat().st_ino
    atomic_files.write(first, b"newer weights")  # is another file under the first name
    assert second.read_bytes() == b"weights"
    first.unlink()
    assert second.read_bytes() == b"weights"


def test_where_no_link_can_be_made_the_file_is_copied(tmp_path: Path) -> None:
    """A link needs a free name, and a disk that knows links; a copy needs neither."""
    atomic_files.write(tmp_path / "first", b"weights")
    atomic_files.write(tmp_path / "second", b"others")
    atomic_files.link(tmp_path / "first", tmp_path / "second")
    assert content(tmp_path) == {"first": b"weights", "second": b"weights"}
    assert (tmp_path / "first").stat().st_ino != (tmp_path / "second").stat().st_ino


def test_what_is_not_there_cannot_be_linked(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        atomic_files.link(tmp_path / "gone", tmp_path / "second")
    assert content(tmp_path) == {}


def test_removing_is_no_error_if_there_is_nothing(tmp_path: Path) -> None:
    atomic_files.write(tmp_path / "there", b"")
    for _ in range(2):
        atomic_files.remove(tmp_path / "there")
        assert content(tmp_path) == {}


def test_the_size_counts_every_file_below(tmp_path: Path) -> None:
    atomic_files.write(tmp_path / "run" / "run.json", bytes(10))
    atomic_files.write(tmp_path / "run" / "epochs" / "00001.safetensors", bytes(300))
    assert atomic_files.size(tmp_path / "run") == 310
    atomic_files.link(tmp_path / "run" / "run.json", tmp_path / "run" / "again" / "run.json")
    assert atomic_files.size(tmp_path / "run") == 310  # a second name takes no room
    assert atomic_files.size(tmp_path / "nobody") == 0


def test_a_checksum_names_the_file_that_is_not_as_it_was_written() -> None:
    atomic_files.check("series.npy", b"content", atomic_files.sha256(b"content"))
    with pytest.raises(DamagedRun, match=r"^series\.npy is not as it was written \(its checksum differs\)\.$"):
        atomic_files.check("series.npy", b"Content", atomic_files.sha256(b"content"))


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_bytes(bytes(MIB))
    assert len(atomic_files.read(path, MIB)) == MIB
    path.write_bytes(bytes(MIB + 1))
    with pytest.raises(DamagedRun, match=r"^run\.json is larger than 1 MB\.$"):
        atomic_files.read(path, MIB)
    (tmp_path / "endless.json").symlink_to("/dev/zero")
    with pytest.raises(DamagedRun, match=r"^endless\.json is not a file\.$"):
        atomic_files.read(tmp_path / "endless.json", MIB)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "run.json")
    with pytest.raises(DamagedRun, match=r"^run\.json is not a file\.$"):
        atomic_files.read(tmp_path / "run.json", MIB)


def test_a_file_is_checked_in_parts(tmp_path: Path) -> None:
    content = bytes(range(256)) * 10_000
    (tmp_path / "state").write_bytes(content)
    atomic_files.check_file(tmp_path / "state", 4 * MIB, atomic_files.sha256(content))
    with pytest.raises(DamagedRun, match="its checksum differs"):
        atomic_files.check_file(tmp_path / "state", 4 * MIB, atomic_files.sha256(content[:-1]))
    with pytest.raises(DamagedRun, match="larger than 2 MB"):
        atomic_files.check_file(tmp_path / "state", 2 * MIB, atomic_files.sha256(content))
