"""States that do not fit their settings are refused, before they are restored and as they are."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from helpers import SMALL
from torch import Tensor
from trainers import trained

from gan.training.state_checks import check_state
from gan.training.trainer import Trainer
from gan.training.trainer_state import capture_state, restore_state

WEIGHT = "generator.linears.0.weight"
MOMENT = "optimizer_g.linears.0.weight.exp_avg"
SPOILT: dict[str, Callable[[dict[str, Tensor]], dict[str, Tensor]]] = {
    "a weight of another shape": lambda state: {**state, WEIGHT: state[WEIGHT][:, :-1]},
    "a weight of another type": lambda state: {**state, WEIGHT: state[WEIGHT].long()},
    "a weight missing": lambda state: without(state, WEIGHT),
    "a tensor too many": lambda state: {**state, "generator.linears.9.weight": state[WEIGHT]},
    "a moment of another shape": lambda state: {**state, MOMENT: state[MOMENT][:1]},
    "a moment of another type": lambda state: {**state, MOMENT: state[MOMENT].double()},
    "a moment of the other optimiser": lambda state: {
        **state, "optimizer_g.linears.0.weight.momentum_buffer": state[MOMENT],
    },
    "half of the moments": lambda state: without(state, MOMENT),
    "fixed noise of another size": lambda state: {**state, "fixed_noise": state["fixed_noise"][:5]},
    "a random generator cut short": lambda state: {**state, "rng.order": state["rng.order"][:-1]},
    "a random generator of another type": lambda state: {**state, "rng.noise": state["rng.noise"].float()},
    "a random generator missing": lambda state: without(state, "rng.dropout"),
}  # fmt: skip


def without(state: dict[str, Tensor], name: str) -> dict[str, Tensor]:
    return {key: tensor for key, tensor in state.items() if key != name}


@pytest.mark.parametrize("how", SPOILT)
def test_a_state_that_does_not_fit_is_refused(how: str) -> None:
    state = capture_state(trained(SMALL, 2))
    check_state(SMALL, state)
    spoilt = SPOILT[how](state)
    with pytest.raises(ValueError, match="its state does not fit its settings"):
        restore_state(Trainer(SMALL), 2, spoilt)
    with pytest.raises(ValueError, match="its state does not fit its settings"):
        check_state(SMALL, spoilt)
