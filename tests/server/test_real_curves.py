"""How a run's figures go on, as a class draws them and is compared with."""

from __future__ import annotations

import pytest
from helpers import BATCHES, SMALL, wait_until
from running import OpenRegistry

from gan.classroom.questions import Axes, QuestionRefused
from gan.recording.commands import Resume
from gan.server.real_curves import (
    NOT_MEASURED,
    NOT_THERE,
    axes_of,
    batches_to,
    from_start,
    is_whole,
    real_curve,
    run_named,
)

END = 3 * BATCHES


def test_a_drawn_fid_counts_epochs_and_is_known_once_the_last_is_measured(open_registry: OpenRegistry) -> None:
    registry = open_registry()
    run = registry.start(SMALL.changed(epochs=3), "demo", paused=True)
    wait_until(lambda: run.snapshot().state == "paused")
    axes = Axes(**axes_of(run, "fid", batches_to(run, 3)))
    assert (axes.run, axes.from_batch, axes.to_batch, axes.before) == ("demo", 0, END, ())
    for metric, said in (("fid", NOT_MEASURED), ("g_loss", NOT_THERE)):
        assert not is_whole(run, metric, 0, END)
        with pytest.raises(QuestionRefused, match=said):
            real_curve(run, metric, 0, END)
    registry.command("demo", Resume())
    wait_until(lambda: is_whole(run, "fid", 0, END))
    assert is_whole(run, "g_loss", 0, END)
    curve = real_curve(run, "fid", 0, END)
    assert (curve[-1][0], curve[-1][1] > 0) == (END, True)
    assert all(batch % BATCHES == 0 for batch, _ in curve)
    assert real_curve(run, "g_loss", 0, END)[-1][0] == END
    wait_until(lambda: not run.active)
    with pytest.raises(QuestionRefused, match="its curve ends here"):
        axes_of(run, "g_loss", 400)
    registry.delete("demo")
    with pytest.raises(QuestionRefused, match="not there any more"):
        run_named(registry.get, "demo")


def test_a_fid_that_is_measured_once_makes_a_line_from_the_one_before() -> None:
    curve = ((200.0, 20.0),)
    assert from_start(150, [(50, 50.0), (100, 40.0), (200, 20.0)], curve) == ((150.0, 30.0), (200.0, 20.0))
    assert from_start(150, [(200, 20.0)], curve) == curve
    assert from_start(200, [(100, 40.0), (200, 20.0)], curve) == curve
