"""The order of the images: each epoch shows every image once, and a stored state continues the same order."""

from __future__ import annotations

import itertools

import torch

from gan.training.epoch_order import EpochOrder

COUNT, SIZE = 23, 5  # five batches an epoch, the last one of three images


def an_order(seed: int = 1) -> tuple[EpochOrder, torch.Generator]:
    rng = torch.Generator().manual_seed(seed)
    return EpochOrder(COUNT, SIZE, rng, torch.device("cpu")), rng


def drawn(order: EpochOrder, first: int, last: int) -> list[list[int]]:
    return [order.indices(batch)[0].tolist() for batch in range(first, last)]


def test_an_epoch_shows_every_image_once_and_the_next_one_in_another_order() -> None:
    order, _ = an_order()
    assert order.batches_per_epoch == 5
    batches = drawn(order, 0, 10)
    assert [len(batch) for batch in batches] == [5, 5, 5, 5, 3] * 2
    first, second = list(itertools.chain(*batches[:5])), list(itertools.chain(*batches[5:]))
    assert sorted(first) == sorted(second) == list(range(COUNT))
    assert first != second


def test_a_stored_state_continues_the_order_at_every_batch() -> None:
    """At the beginning and at the end of an epoch no order is drawn; in the middle of one it is drawn again."""
    expected = drawn(an_order()[0], 0, 12)
    for batch in range(11):
        order, _ = an_order()
        drawn(order, 0, batch)
        state = order.rng_state()
        resumed, rng = an_order(seed=2)
        rng.set_state(state)
        resumed.resume(batch)
        assert drawn(resumed, batch, 12) == expected[batch:]


def test_batches_of_the_same_size_can_be_asked_for_together() -> None:
    one_by_one, (together, _) = drawn(an_order()[0], 0, 12), an_order()
    batch, counts = 0, []
    found: list[list[int]] = []
    while batch < 12:
        counts.append(min(together.count_alike(batch), 12 - batch))
        found += together.indices(batch, counts[-1]).tolist()
        batch += counts[-1]
    assert found == one_by_one
    assert counts == [4, 1, 4, 1, 2]
