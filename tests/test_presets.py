"""Presets: each parses, steers a running run, and undoes what other presets set."""

from __future__ import annotations

import pytest

from gan import presets
from gan.presets import Preset
from gan.settings import LIVE_KNOBS, Settings, parse


@pytest.mark.parametrize("preset", presets.PRESETS, ids=lambda preset: preset.name)
def test_a_preset_parses_and_steers_a_running_run(preset: Preset) -> None:
    steers = {name: value for name, value in preset.values.items() if name in LIVE_KNOBS}
    assert steers.keys() >= {"lr_g", "lr_d", "dropout", "latent_dim"}
    assert Settings().changed(**steers).model_dump(include=set(steers)) == steers
    assert parse(preset.values).model_dump(include=set(preset.values)) == preset.values


def test_a_preset_in_a_draft_undoes_what_other_presets_set() -> None:
    sharp, lecture = presets.named("sharp"), presets.named("lecture")
    assert parse(sharp.in_draft()) == parse(sharp.values)
    assert parse({**sharp.values, **lecture.in_draft()}) == Settings()
