"""`python -m gan bench --views` in its smallest form."""

from __future__ import annotations

import json

import pytest
from helpers import SMALL

from gan.bench import viewers, views
from gan.bench.views import ViewsPlan
from gan.views.catalogue import VIEWS


@pytest.mark.usefixtures("forked_servers")
def test_training_is_measured_with_and_without_open_views(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(viewers, "SETTLE", 0.0)
    settings = SMALL.changed(digits=range(10), epochs=10_000, pace=50)
    result = views.measure(lambda what: None, ViewsPlan(viewers=2, open=1, window=1.0, rounds=1, settings=settings))
    json.dumps(result)
    assert result["batches_per_second"]["with_views"]["median"] > 0
    assert (
        0 < result["training_ms_per_batch"]["watched"]["median"] <= result["server_ms_per_batch"]["watched"]["median"]
    )
    assert 0 <= result["messages_per_second_of_a_view"] <= 3


def test_every_view_that_follows_a_run_is_measured() -> None:
    followed = {view.split("?")[0] for view in views.FOLLOWED}
    assert followed == VIEWS.keys() - {"cloud", "cloud-pixels"}  # these do not change while a run trains
