"""A run's copy of its networks: handed out only if it is the recorded file, and never executed before that."""

from __future__ import annotations

from pathlib import Path

import pytest
from own import LINEAR, OWN
from stored import a_run_file

from gan.recording import networks_file
from gan.recording.atomic_files import DamagedRun
from gan.recording.run_file import RunFile, read_run_file, write_run_file
from gan.training.own_networks import OwnNetworks
from gan.training.own_trial import Facts

RECORD = networks_file.record_of(OWN, Facts(7840, 5, dropout=True))


def kept(folder: Path) -> RunFile:
    run_file = a_run_file(networks=RECORD)
    networks_file.write(folder, OWN)
    write_run_file(folder, run_file)
    return run_file


def test_the_file_comes_back_as_it_was(tmp_path: Path) -> None:
    kept(tmp_path)
    assert networks_file.of_run(tmp_path) == OWN
    assert read_run_file(tmp_path).networks == RECORD


def test_run_json_of_a_run_without_such_networks_does_not_speak_of_them(tmp_path: Path) -> None:
    write_run_file(tmp_path, a_run_file())
    assert b"networks" not in (tmp_path / "run.json").read_bytes()
    (tmp_path / networks_file.NAME).write_text("raise SystemExit")  # it counts for nothing
    assert networks_file.of_run(tmp_path) is None


def test_another_file_is_refused_and_not_executed(tmp_path: Path) -> None:
    run_file = kept(tmp_path)
    (tmp_path / networks_file.NAME).write_text(f"open({str(tmp_path / 'trap')!r}, 'w')\n{LINEAR}")
    with pytest.raises(
        DamagedRun, match=r"^networks\.py is not the file that the run began with \(mine\.py\); put that one back\.$"
    ):
        networks_file.read(tmp_path, run_file)
    assert not (tmp_path / "trap").exists()


def test_a_link_is_refused_even_to_the_same_file(tmp_path: Path) -> None:
    run_file = kept(tmp_path)
    (tmp_path / networks_file.NAME).rename(tmp_path / "elsewhere.py")
    (tmp_path / networks_file.NAME).symlink_to(tmp_path / "elsewhere.py")
    with pytest.raises(DamagedRun, match=r"^networks\.py is a link, not a file\.$"):
        networks_file.read(tmp_path, run_file)


def test_a_lost_file_is_named(tmp_path: Path) -> None:
    run_file = kept(tmp_path)
    (tmp_path / networks_file.NAME).unlink()
    with pytest.raises(DamagedRun, match=r"^networks\.py is missing\.$"):
        networks_file.read(tmp_path, run_file)


def test_knobs_without_effect_are_named_with_their_reason() -> None:
    assert RECORD.without_effect()["g_hidden"] == "mine.py says how this run's networks are built."
    assert "dropout" not in RECORD.without_effect()
    without = networks_file.record_of(OwnNetworks("mine.py", LINEAR.encode()), Facts(1, 1, dropout=False))
    assert without.without_effect()["dropout"] == "This run's networks have no dropout that the knob turns."


def test_one_line_tells_the_user_which_networks_they_are() -> None:
    assert RECORD.text == f"mine.py ({OWN.sha256[:8]}), generator 7,840 and discriminator 5 parameters"
