"""A run as a zip: there and back, and what is not one refused with a sentence, leaving nothing behind."""

from __future__ import annotations

import io
import struct
import tempfile
import zipfile
from pathlib import Path

import pytest
from helpers import (
    BATCHES,
    SMALL,
    assert_as_if_in_one_go,
    assert_same_bits,
    finish,
    in_one_go,
    saved_state,
    wait_for,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load as load_tensors
from zips import contents, packed, refusal, unpack, with_fields, zipped

from gan.errors import LiveGANError
from gan.limits import MAX_UPLOAD
from gan.recording import checkpoint, epochs
from gan.recording.atomic_files import DamagedRun
from gan.recording.commands import SetKnobs
from gan.recording.replay import replay_run
from gan.recording.run_file import read_run_file
from gan.recording.weights import is_averaged
from gan.runs import archive
from gan.runs.archive import pack
from gan.runs.queue import TrainingQueue
from gan.runs.run import Run

# --- there and back ----------------------------------------------------------------------------------------------


def test_a_packed_run_is_unpacked_as_it_was_and_goes_on(tmp_path: Path) -> None:
    unpack(packed(), tmp_path, "copy")
    assert [path.name for path in tmp_path.iterdir()] == ["copy"]
    unpacked = files_of(tmp_path / "copy")
    for name, content in contents().items():
        if name != "run.json":  # holds the name
            assert unpacked.pop(name).read_bytes() == content
    assert set(unpacked) == {"run.json"}

    run = Run.open(tmp_path / "copy", TrainingQueue(1))
    assert run.snapshot().name == "copy"
    assert run.snapshot().state == "finished"
    assert [mark.knob for mark in run.snapshot().marks] == ["lr_g", "step_d"]
    assert [state.batch for state in run.run_file.states] == [BATCHES, 2 * BATCHES]
    assert epochs.numbers(tmp_path / "copy") == [1, 2]
    assert_as_if_in_one_go(run)
    assert replay_run(tmp_path / "copy").passed
    finish(run, 3)
    assert_as_if_in_one_go(run)


def test_a_normalised_and_averaged_run_is_unpacked_as_it_was_and_goes_on(tmp_path: Path) -> None:
    settings = SMALL.changed(g_norm="batch", ema_decay=0.99, dropout_in="discriminator")
    run = Run.new(tmp_path / "modern", settings, TrainingQueue(1))
    run.launch()
    wait_for(run, "finished")
    run.join()
    unpack(pack(tmp_path / "modern"), tmp_path, "copy")
    copy = Run.open(tmp_path / "copy", TrainingQueue(1))
    assert_same_bits(saved_state(copy), saved_state(run))
    assert is_averaged(epochs.read(tmp_path / "copy", 1)[0])
    assert replay_run(tmp_path / "copy").passed
    copy.command(SetKnobs({"ema_decay": 0.5, "latent_dim": 3}))
    finish(copy, 3)
    expected = in_one_go(settings, 3 * BATCHES, copy.record.commands)
    assert_same_bits(saved_state(copy), expected.state)
    assert replay_run(tmp_path / "copy").passed


@pytest.mark.parametrize("prefix", ["", "demo/", "demo (1)/"])
def test_a_zip_may_have_one_folder_around_the_files(tmp_path: Path, prefix: str) -> None:
    unpack(zipped(contents(), prefix), tmp_path, "copy")
    assert read_run_file(tmp_path / "copy").batch == 2 * BATCHES


def test_folders_in_the_zip_are_no_files(tmp_path: Path) -> None:
    unpack(zipped({"": b"", "grids/": b"", **contents()}), tmp_path, "copy")
    assert read_run_file(tmp_path / "copy").batch == 2 * BATCHES


@pytest.mark.parametrize("state", ["running", "paused", "queued"])
def test_a_run_packed_in_the_middle_is_unpacked_as_interrupted(tmp_path: Path, state: str) -> None:
    unpack(zipped({**contents(), "run.json": with_fields(state=state)}), tmp_path, "copy")
    assert Run.open(tmp_path / "copy", TrainingQueue(1)).snapshot().state == "interrupted"


def test_locks_and_half_written_files_are_not_packed(tmp_path: Path) -> None:
    unpack(packed(), tmp_path, "demo")
    for stray in (".lock", ".run.json.1.tmp", "previous.json", "grids/readme", "state-1-00000000.safetensors"):
        (tmp_path / "demo" / stray).write_text("stray")
    with zipfile.ZipFile(io.BytesIO(pack(tmp_path / "demo"))) as file:
        assert set(file.namelist()) == {f"demo/{name}" for name in contents()}


def test_weights_and_images_in_linked_folders_are_packed(tmp_path: Path) -> None:
    unpack(packed(), tmp_path, "demo")
    for inside in ("epochs", "grids"):
        (tmp_path / "demo" / inside).rename(tmp_path / inside)
        (tmp_path / "demo" / inside).symlink_to(tmp_path / inside)
    with zipfile.ZipFile(io.BytesIO(pack(tmp_path / "demo"))) as file:
        assert set(file.namelist()) == {f"demo/{name}" for name in contents()}


@pytest.mark.parametrize("name", ["series.npy", "commands.jsonl"])
@pytest.mark.parametrize("how", ["altered", "missing"])
def test_a_run_without_its_figures_or_its_record_is_not_packed(tmp_path: Path, name: str, how: str) -> None:
    unpack(packed(), tmp_path, "demo")
    damage(tmp_path / "demo" / name, how)
    with pytest.raises(DamagedRun, match=name.replace(".", r"\.")):
        pack(tmp_path / "demo")


@pytest.mark.parametrize("name", ["state-13", "state-26", "epochs/00001"])
@pytest.mark.parametrize("how", ["altered", "missing"])
def test_what_the_record_can_make_again_is_left_out_if_it_is_damaged(tmp_path: Path, name: str, how: str) -> None:
    unpack(packed(), tmp_path, "demo")
    (path,) = (tmp_path / "demo").glob(f"{name}*")
    damage(path, how)
    unpack(pack(tmp_path / "demo"), tmp_path, "copy")
    inside = str(path.relative_to(tmp_path / "demo"))
    assert {*files_of(tmp_path / "copy")} == {*contents()} - {inside}
    run = Run.open(tmp_path / "copy", TrainingQueue(1))
    assert run.snapshot().message == ""
    finish(run, 3)
    assert_as_if_in_one_go(run)


def damage(path: Path, how: str) -> None:
    content = path.read_bytes()
    if how == "missing":
        path.unlink()
    else:
        path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))


def files_of(folder: Path) -> dict[str, Path]:
    return {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}


# --- names -------------------------------------------------------------------------------------------------------

ESCAPES = [
    "../run.json",
    "../../run.json",
    "/run.json",
    "/etc/passwd",
    "demo/../../run.json",
    "demo//run.json",
    "demo/./run.json",
    "..\\run.json",
    "C:\\run.json",
    "C:/run.json",
    "demo/grids/../../x.png",
    "demo/grids/../00001.png",
    "demo/.lock",
    "demo/run.json.exe",
    "demo/notes.txt",
    "demo/grids/00001.html",
    "demo/grids/1.png",
    "demo/sub/run.json",
    "demo/previous.json",
    "demo/commands.json",
    "demo/epochs/00001.png",
    "demo/epochs/1.safetensors",
    "other/commands.jsonl",
    "demo/state-x.safetensors",
    "",
]


@pytest.mark.parametrize("name", ESCAPES)
def test_a_name_that_is_no_file_of_a_run_is_refused(name: str) -> None:
    picture = contents()["latest.png"]
    whole = {f"demo/{known}": content for known, content in contents().items()}
    assert "which is not a file of a run" in refusal(zipped({**whole, name: picture}, ""))
    refusal(zipped({name: picture, **whole}, ""))
    refusal(zipped({name: picture}, ""))


@given(
    st.text(max_size=40)
    | st.from_regex(r"(\.\./|/|demo/|grids/|\\){0,4}(run\.json|latest\.png|00001\.png)", fullmatch=True)
)
@settings(max_examples=50)
def test_any_other_name_is_refused(name: str) -> None:
    files = contents()
    known = {f"demo/{inside}" for inside in files} | {"demo/grids/00001.png"}
    if name not in known and not name.endswith("/") and "\0" not in name:  # Python's writer cuts a name at a zero byte
        refusal(zipped({**{f"demo/{inside}": content for inside, content in files.items()}, name: b"x"}, ""))


def test_files_beside_the_runs_folder_are_refused() -> None:
    files = {f"demo/{inside}": content for inside, content in contents().items()}
    files["series.npy"] = files.pop("demo/series.npy")
    assert refusal(zipped(files, "")) == "The zip holds 'series.npy', which is not a file of a run."


@pytest.mark.filterwarnings("ignore:Duplicate name")  # Python's own warning to whoever makes such a zip
@pytest.mark.parametrize("name", ["run.json", "series.npy", "latest.png"])
def test_a_file_that_is_there_twice_is_refused(name: str) -> None:
    out = io.BytesIO(zipped(contents()))
    with zipfile.ZipFile(out, "a") as file:
        file.writestr(f"demo/{name}", contents()[name])
    assert "which is not a file of a run" in refusal(out.getvalue())


def test_a_link_is_only_a_file_with_odd_content() -> None:
    link = zipfile.ZipInfo("demo/series.npy")
    link.external_attr = 0o120777 << 16
    out = io.BytesIO(zipped({name: content for name, content in contents().items() if name != "series.npy"}))
    with zipfile.ZipFile(out, "a") as file:
        file.writestr(link, "/etc/passwd")
    assert "series.npy is not a NumPy file" in refusal(out.getvalue())


# --- sizes -------------------------------------------------------------------------------------------------------


def test_an_upload_over_the_limit_is_refused() -> None:
    assert refusal(bytes(MAX_UPLOAD + 1)) == "The file is larger than 200 MB."


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file, file.open("run.json", "w") as inside:
        for _ in range(101):
            inside.write(bytes(4 * 2**20))
    assert len(out.getvalue()) < 4 * 2**20
    assert refusal(out.getvalue()) == "The zip holds more than 256 MB."


def test_a_bomb_that_lies_about_its_size_is_refused() -> None:
    out = bytearray(zipped({"run.json": bytes(50 * 2**20)}, "", zipfile.ZIP_DEFLATED))
    (size,) = struct.unpack_from("<I", out, 22)
    assert size == 50 * 2**20
    struct.pack_into("<I", out, 22, 1000)
    directory = out.rindex(b"PK\x01\x02")
    struct.pack_into("<I", out, directory + 24, 1000)
    assert "damaged" in refusal(bytes(out))


def test_too_many_files_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_FILES", 5)
    assert "more than 5 files" in refusal(packed())


# --- damage ------------------------------------------------------------------------------------------------------


@given(st.binary(max_size=200) | st.binary(max_size=200).map(lambda tail: b"PK\x03\x04" + tail))
def test_random_bytes_are_no_zip(content: bytes) -> None:
    refusal(content)


@given(st.floats(0, 1, exclude_max=True))
def test_a_truncated_upload_is_refused(share: float) -> None:
    refusal(packed()[: int(share * len(packed()))])


@given(st.floats(0, 1, exclude_max=True), st.integers(1, 255), st.booleans())
@settings(max_examples=100)
def test_a_flipped_byte_is_refused_or_does_no_harm(where: float, flip: int, in_the_directory: bool) -> None:
    """In a zip of stored files each content has a checksum; the directory at its end has fields that nobody reads."""
    content = bytearray(packed())
    start = content.index(b"PK\x01\x02") if in_the_directory else 0
    content[start + int(where * (len(content) - start))] ^= flip
    with tempfile.TemporaryDirectory() as folder:
        try:
            unpack(bytes(content), Path(folder), "copy")
        except LiveGANError:
            assert list(Path(folder).iterdir()) == []
        else:
            run_file = read_run_file(Path(folder) / "copy")
            assert run_file.batch == 2 * BATCHES
            assert run_file.newest is not None
            expected = load_tensors(contents()[run_file.newest.file])
            assert_same_bits(checkpoint.read_state(Path(folder) / "copy", run_file.newest), expected)


def test_an_encrypted_zip_is_refused() -> None:
    content = bytearray(zipped(contents()))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.find(signature)
        while at >= 0:
            content[at + offset] |= 1
            at = content.find(signature, at + 1)
    assert "damaged or encrypted" in refusal(bytes(content))


@pytest.mark.parametrize("missing", ["run.json", "series.npy", "commands.jsonl", "state-13", "state-26"])
def test_a_zip_that_lacks_a_file_is_refused(missing: str) -> None:
    files = {name: content for name, content in contents().items() if not name.startswith(missing)}
    assert missing in refusal(zipped(files))


def test_an_empty_zip_is_refused() -> None:
    assert refusal(zipped({})) == "The zip holds no run.json, so it is not a run."
