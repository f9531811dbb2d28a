"""The measurement of one device in its smallest form; no time is judged here."""

from __future__ import annotations

import json

import pytest

from gan.bench import on_device, viewers


@pytest.mark.usefixtures("forked_servers")
def test_both_presets_are_measured_on_a_device_alone_and_in_the_app(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(viewers, "SETTLE", 0.0)
    told: list[str] = []
    small = {"digits": [7], "g_hidden": [16], "d_hidden": [16], "batch_size": 512}
    result = on_device.measure(told.append, "cpu", seconds=0.5, rounds=1, viewers=2, given=small)
    json.dumps(result)
    assert all("slowdown_percent" in text for text in result["missed"])  # no speed is asked of a processor
    for name in on_device.PRESETS:
        assert set(result[name]["step"]) == {"auto", "reference", "fast"}
        speeds = [*result[name]["step"].values(), *(result[name]["app"][f"{n}"] for n in ("no_viewer", "one_viewer"))]
        assert all(0 < speed["low"] <= speed["median"] <= speed["high"] for speed in speeds)
        assert result[name]["app"]["2_viewers"]["median"] > 0
    assert told[0] == "lecture: the steps alone"
