"""The random streams of a run: each has a seed of its own, and its state is checked before it is used."""

from __future__ import annotations

import torch
from torch import Tensor

from gan.training.random_streams import STREAMS, is_stream_state, make_streams, stream_seed

CPU = torch.device("cpu")


def numbers(rng: torch.Generator) -> list[float]:
    return torch.rand(5, generator=rng).tolist()


def test_every_stream_of_every_seed_draws_other_numbers() -> None:
    drawn = [tuple(numbers(rng)) for seed in range(3) for rng in make_streams(seed, CPU).values()]
    assert len(set(drawn)) == 3 * len(STREAMS)


def test_what_one_stream_draws_changes_no_other() -> None:
    left_alone, used = make_streams(1, CPU), make_streams(1, CPU)
    numbers(used["noise"])
    for name in set(STREAMS) - {"noise"}:
        assert numbers(left_alone[name]) == numbers(used[name])


def test_the_seeds_stay_what_they_are() -> None:
    """Old runs replay only with the seeds that they were trained with."""
    assert {name: stream_seed(1, index) for index, name in enumerate(STREAMS)} == {
        "weights": 7434755675892716031,
        "order": 77803131892610477,
        "noise": 15529898885419721899,
        "dropout": 17579876663566485232,
        "fixed": 1678552078425491192,
    }


def test_a_state_of_a_stream_is_told_from_other_bytes() -> None:
    state = make_streams(1, CPU)["order"].get_state()
    long = torch.zeros(20_000, dtype=torch.uint8)
    bad: list[Tensor] = [state[:-1], state.float(), state[None], long, state.to("meta")]
    assert is_stream_state("order", state)
    assert not any(is_stream_state("order", value) for value in bad)


def test_a_state_of_another_kind_of_device_is_accepted_where_the_stream_is_on_the_device() -> None:
    """CUDA's states have 16 bytes; only a machine with CUDA can tell more of them."""
    state = torch.zeros(16, dtype=torch.uint8)
    assert is_stream_state("noise", state)
    assert not is_stream_state("order", state)
