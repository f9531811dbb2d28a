"""Commands under their names in a request and in the record, and what a list of them comes to."""

from __future__ import annotations

import pytest
from helpers import SMALL
from stored import STEERING, at

from gan.errors import LiveGANError
from gan.recording.commands import (
    Pause,
    RecordedCommand,
    Resume,
    SetKnobs,
    Shutdown,
    Step,
    Stop,
    count_before,
    parse_command,
    settings_after,
)


def test_the_last_value_of_each_knob_counts() -> None:
    commands = [*STEERING, at(9, lr_g=0.002, latent_dim=3), at(9, "stop")]
    expected = SMALL.changed(lr_g=0.002, dropout=0.1, epochs=9, pace=2.0, latent_dim=3)
    assert settings_after(SMALL, commands) == expected
    assert settings_after(SMALL, []) == SMALL


def test_a_command_after_a_batch_did_not_act_before_it_was_complete() -> None:
    assert [count_before(STEERING, batch) for batch in (0, 3, 4, 5, 6, 8, 9)] == [0, 0, 2, 2, 4, 4, 5]


def test_a_request_names_a_command() -> None:
    kinds = ("pause", "resume", "step", "step_d", "step_g", "stop")
    expected = [Pause(), Resume(), Step(), Step("d"), Step("g"), Stop()]
    assert [parse_command(kind) for kind in kinds] == expected
    assert [parse_command(kind, {"lr_g": 0.1}) for kind in kinds] == expected  # values are for knobs alone
    assert parse_command("set", {"lr_g": 0.1}) == SetKnobs({"lr_g": 0.1})
    assert parse_command("set") == SetKnobs({})


@pytest.mark.parametrize("kind", ["explode", "shutdown", "Set", ""])
def test_an_unknown_command_is_refused(kind: str) -> None:
    with pytest.raises(LiveGANError) as refused:
        parse_command(kind)
    kinds = "pause, resume, step, step_d, step_g, stop, set"
    assert str(refused.value) == f"There is no command {kind!r}; it must be one of {kinds}."


def test_a_recorded_command_has_the_name_and_values_of_its_line() -> None:
    for command, kind in (
        (Pause(), "pause"), (Resume(), "resume"), (Step(), "step"), (Step("d"), "step_d"), (Step("g"), "step_g"),
        (Stop(), "stop"), (Shutdown(), "shutdown"),
    ):  # fmt: skip
        recorded = RecordedCommand(3, command, 1.0)
        assert (recorded.kind, recorded.values) == (kind, {})
        assert RecordedCommand.of_kind(3, kind, {}, 1.0) == recorded
    turned = RecordedCommand(3, SetKnobs({"lr_g": 0.1}), 1.0)
    assert (turned.kind, turned.values) == ("set", {"lr_g": 0.1})
    assert RecordedCommand.of_kind(3, "set", {"lr_g": 0.1}, 1.0) == turned
