"""What the teacher shows: the place that students follow, and the sentence for which they look up."""

from __future__ import annotations

import json
import stat
import sys
from pathlib import Path
from typing import Any

import pytest
from power_cut import Disk, needs_linux

from gan.classroom.lead import LOOK_UP, NAME, Lead
from gan.classroom.people import Role
from gan.errors import LiveGANError

TAB = "0123456789abcdef"
PLACE: dict[str, Any] = {
    "page": "train", "run": "demo", "lesson": None, "step": None, "latent": None, "unnamed": True,
    "moment": {"kind": "replay", "epoch": 1, "batch": 12.5, "speed": 4, "rate": 80, "playing": True},
}  # fmt: skip


@pytest.fixture
def lead(tmp_path: Path) -> Lead:
    return Lead(tmp_path)


def asked(**values: Any) -> bytes:
    return json.dumps({"leader": TAB, "place": PLACE} | values).encode()


def test_students_are_told_where_to_go_and_teachers_which_tab_leads(lead: Lead) -> None:
    assert lead.view(Role.STUDENT) == {"following": False, "look_up": None, "place": None}
    lead.follow(asked())
    assert lead.view(Role.STUDENT) == {"following": True, "look_up": None, "place": PLACE}
    assert lead.view(Role.TEACHER) == {"following": True, "look_up": None, "leader": TAB}
    lead.follow(asked(place=None))  # the tab has gone to a page that students do not have
    assert lead.view(Role.STUDENT)["place"] == PLACE
    lead.follow(asked(leader=None, place=None))
    assert lead.view(Role.STUDENT) == {"following": False, "look_up": None, "place": None}


def test_students_look_up_for_the_teachers_sentence_or_the_usual_one_until_they_are_released(lead: Lead) -> None:
    lead.look_up("  Now <b>watch</b>\n this. ")
    assert lead.view(Role.STUDENT)["look_up"] == "Now <b>watch</b> this."
    lead.look_up("  ")
    assert lead.view(Role.STUDENT)["look_up"] == LOOK_UP
    lead.look_up(None)
    assert lead.view(Role.STUDENT)["look_up"] is None


def test_after_a_kill_the_class_is_where_it_was_and_after_its_end_nowhere(lead: Lead, tmp_path: Path) -> None:
    lead.follow(asked())
    lead.look_up("Look.")
    again = Lead(tmp_path)
    assert again.view(Role.STUDENT) == {"following": True, "look_up": "Look.", "place": PLACE}
    if sys.platform != "win32":
        assert stat.S_IMODE((tmp_path / NAME).stat().st_mode) == 0o600
    again.forget()
    assert again.view(Role.STUDENT) == Lead(tmp_path).view(Role.STUDENT)
    assert again.view(Role.STUDENT)["place"] is None


@needs_linux
def test_after_a_power_cut_the_class_is_where_it_was_and_pages_are_told_before_the_disk_has_it(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(tmp_path, monkeypatch)
    told: list[bool] = []
    lead = Lead(tmp_path, changed=lambda: told.append((tmp_path / NAME).exists()))
    lead.look_up("Look.")
    assert told == [False]
    left = Lead(disk.after_power_cut(tmp_path_factory.mktemp("left") / "runs"))
    assert left.view(Role.STUDENT)["look_up"] == "Look."


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"leader": 1', b"\xff", b'{"leader": {}}'])
def test_a_damaged_file_counts_as_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / NAME).write_bytes(content)
    assert Lead(tmp_path).view(Role.STUDENT)["following"] is False


def test_where_another_server_owns_the_folder_nothing_is_written(tmp_path: Path) -> None:
    lead = Lead(tmp_path, lambda: True)
    lead.follow(asked())
    assert lead.view(Role.STUDENT)["following"]
    assert not (tmp_path / NAME).exists()


@pytest.mark.parametrize(
    "content",
    [
        b"", b"null", b"[]", b"{}", b"[" * 100_000, asked(leader="../x"), asked(leader=5), asked(more=1),
        asked(place={"page": "class"}), asked(place={**PLACE, "page": "//evil.example"}),
        asked(place={**PLACE, "run": "x" * 201}), asked(place={**PLACE, "latent": "x" * 9000}),
        asked(place={**PLACE, "moment": {"kind": "epoch", "epoch": -1}}),
        asked().replace(b"12.5", b"NaN"), asked().replace(b"12.5", b"1e999"), asked(place={**PLACE, "step": 10**9}),
    ],
)  # fmt: skip
def test_what_is_no_place_is_refused_with_one_sentence_and_changes_nothing(lead: Lead, content: bytes) -> None:
    lead.follow(asked())
    with pytest.raises(LiveGANError, match=r"^This is no place that a class could follow; reload the page\.$"):
        lead.follow(content)
    with pytest.raises(LiveGANError, match=r"^The sentence .* has at most 120 characters\.$"):
        lead.look_up("x" * 121)
    assert lead.view(Role.STUDENT) == {"following": True, "look_up": None, "place": PLACE}
