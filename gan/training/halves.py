"""Captured operations in two halves, so that two threads can share them; no bit changes.

Most operations of a batch treat each row for itself: a row of a product needs only that row of the first matrix. So
the upper rows are one half and the lower rows the other one. Where a half reads what the other one has written since
they last met, or overwrites what it reads, they meet again: 15 times in a batch of the lecture's. Everything that has
no rows of its own, such as a draw from a random stream, goes to one half as a whole.

Some libraries compute a product of few rows in another order than one of many, which would change its last bits. So
each way to halve an operation is tried out first, once in a process: if half and half are not the whole, to the bit,
the operation stays whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

from gan.training.cpu_graph import Operation

# rows of the upper half are a multiple of this: torch computes up to 32 numbers at once, and the last ones one by one
BLOCK = 32
PRODUCTS = {"aten::mm": (0, 2), "aten::addmm": (1, 5)}  # which arguments have the rows of the result
BY_INDEX = {"aten::index_select": (2,)}
# each number of the result depends on the numbers in the same place
ELEMENTWISE = {
    "add", "add_", "addcmul_", "copy_", "div", "div_", "ge", "gt", "le", "leaky_relu_", "leaky_relu_backward", "lerp",
    "lerp_", "mul", "mul_", "neg", "sigmoid", "sigmoid_", "sub", "sub_", "tanh_backward",
}  # fmt: skip
OF_LISTS = {"aten::_foreach_add_", "aten::_foreach_mul_", "aten::_fused_adam_"}

Both = tuple[Operation | None, Operation | None]  # what each half does; None: nothing
Region = tuple[int, int]  # addresses in memory, from the first to behind the last

_known: dict[object, bool] = {}  # whether an operation on tensors of these shapes can be halved


def in_halves(operations: Sequence[Operation]) -> list[Both | None]:
    """What each half does, in turn; None where they meet."""
    plan: list[Both | None] = []
    since = (_Accesses(), _Accesses())
    for operation in operations:
        if _is_view(operation):
            continue
        both = halved(operation) or _whole(operation, since)
        accesses = [_Accesses() if each is None else _Accesses(each) for each in both]
        if accesses[0].disturbs(since[1]) or accesses[1].disturbs(since[0]):
            plan.append(None)
            since = (_Accesses(), _Accesses())
        plan.append(both)
        for all_of_it, new in zip(since, accesses, strict=True):
            all_of_it.add(new)
    return [*plan, None]


def halved(operation: Operation) -> Both | None:
    """The operation on the upper rows and on the lower ones; None if it stays whole."""
    both = _halves(operation)
    if both is None:
        return None
    key = (str(operation.schema), torch.get_num_threads(), *map(_described, operation.arguments))
    if key not in _known:
        _known[key] = _same_bits(_with_random_numbers(operation) if operation.name in PRODUCTS else operation)
    return both if _known[key] else None


# --- how an operation is halved ------------------------------------------------------------------------------------


def _halves(operation: Operation) -> Both | None:
    return _by_lists(operation) if operation.name in OF_LISTS else _by_rows(operation)


def _by_rows(operation: Operation) -> Both | None:
    name, arguments, results = operation.name, operation.arguments, operation.results
    out = results[0]
    if not isinstance(out, Tensor) or out.dim() == 0 or len(results) > 1 or _upper(len(out)) == 0:
        return None
    if name in PRODUCTS or (name in BY_INDEX and arguments[1] == 0):
        places = (PRODUCTS | BY_INDEX)[name]
        cut = [place in places for place in range(len(arguments))]
    elif name.removeprefix("aten::") in ELEMENTWISE:
        cut = [isinstance(each, Tensor) and each.dim() == out.dim() and len(each) == len(out) for each in arguments]
    else:
        return None
    parts = slice(_upper(len(out))), slice(_upper(len(out)), None)

    def half(rows: slice) -> Operation:
        mine = [each[rows] if is_cut else each for each, is_cut in zip(arguments, cut, strict=True)]
        return Operation(operation.overload, mine, [out[rows]])

    return half(parts[0]), half(parts[1])


def _by_lists(operation: Operation) -> Both | None:
    """Half of the rows of each tensor in the lists; the lower half takes those that have too few."""
    lists = [each for each in operation.arguments if isinstance(each, list) and each]
    shapes = [each.shape for each in lists[0]]

    def half(upper: bool) -> Operation | None:
        mine = [place for place, shape in enumerate(shapes) if not upper or _has_halves(shape)]
        if not mine:
            return None

        def part(tensor: Tensor, shape: torch.Size) -> Tensor:
            if tensor.shape != shape or not _has_halves(shape):
                return tensor
            return tensor[: _upper(len(tensor))] if upper else tensor[_upper(len(tensor)) :]

        arguments = [
            [part(each[place], shapes[place]) for place in mine] if isinstance(each, list) and each else each
            for each in operation.arguments
        ]
        return Operation(operation.overload, arguments, [])

    return half(True), half(False)


def _has_halves(shape: torch.Size) -> bool:
    return len(shape) > 0 and _upper(shape[0]) > 0


def _upper(rows: int) -> int:
    """How many rows are the upper half; 0 if there are too few."""
    return rows // (2 * BLOCK) * BLOCK


def _same_bits(operation: Operation) -> bool:
    """Whether both halves give what the whole gives; tried on the numbers that are there, which stay."""
    both = _halves(operation)
    if both is None:
        return False
    written = [*_written(operation)]
    before = [each.clone() for each in written]

    def outcome(*operations: Operation | None) -> list[Tensor]:
        made: list[Tensor] = []
        for each in operations:
            if each is not None:
                result = each.call()
                made += [result] if isinstance(result, Tensor) else []
        found = [each.clone() for each in written] or [torch.cat(made)]
        for tensor, value in zip(written, before, strict=True):
            tensor.copy_(value)
        return found

    with torch.no_grad():
        one, other = outcome(operation), outcome(*both)
    return all(torch.equal(*map(_bits, pair)) for pair in zip(one, other, strict=True))


def _with_random_numbers(operation: Operation) -> Operation:
    """The operation on other numbers: sums of many zeros would not show in which order they are added."""
    rng = torch.Generator().manual_seed(1)

    def other(argument: Any) -> Any:
        if not isinstance(argument, Tensor):
            return argument
        return torch.empty_strided(argument.shape, argument.stride()).normal_(generator=rng)

    arguments = [other(each) for each in operation.arguments]
    schema = operation.schema.arguments
    written = [each for each, of in zip(arguments, schema, strict=True) if of.alias_info and of.alias_info.is_write]
    return Operation(operation.overload, arguments, written or [other(each) for each in operation.results])


def _bits(tensor: Tensor) -> Tensor:
    """The numbers as bytes: one that is not a number equals itself, too."""
    return tensor.contiguous().view(torch.uint8)


def _described(argument: Any) -> object:
    """All of an argument that may decide how an operation is computed; of a learning rate and the like, nothing."""
    if isinstance(argument, Tensor):
        return (*argument.shape, *argument.stride(), argument.dtype, argument.data_ptr() % 64)
    if isinstance(argument, (list, tuple)):
        return tuple(map(_described, argument))
    return "number" if isinstance(argument, float) else repr(argument)


# --- who reads and writes what -------------------------------------------------------------------------------------


class _Accesses:
    """The regions that some operations read and write, and about how long they take."""

    def __init__(self, operation: Operation | None = None) -> None:
        self.read: list[Region] = []
        self.written: list[Region] = []
        self.cost = 0.0
        if operation is not None:
            written: list[Tensor | torch.Generator] = [*_written(operation), *_made(operation), *_streams(operation)]
            self.written = [_region(each) for each in written]
            self.read = [_region(each) for each in _tensors(operation.arguments)]
            self.cost = _cost(operation)

    def add(self, more: _Accesses) -> None:
        self.read += more.read
        self.written += more.written
        self.cost += more.cost

    def disturbs(self, others: _Accesses) -> bool:
        """Whether one of both reads or writes what the other one writes."""
        return _meet([*self.read, *self.written], others.written) or _meet(self.written, others.read)


def _meet(some: Sequence[Region], others: Sequence[Region]) -> bool:
    return any(one[0] < other[1] and other[0] < one[1] for one in some for other in others)


def _whole(operation: Operation, since: tuple[_Accesses, _Accesses]) -> Both:
    """Give the operation to the half that has not waited for the other one, or to the one with less to do."""
    mine = _Accesses(operation)
    free = [not mine.disturbs(other) for other in reversed(since)]
    first = since[0].cost <= since[1].cost if free[0] == free[1] else free[0]
    return (operation, None) if first else (None, operation)


def _region(of: Tensor | torch.Generator) -> Region:
    if isinstance(of, torch.Generator):
        return -id(of), 1 - id(of)
    last = sum((size - 1) * stride for size, stride in zip(of.shape, of.stride(), strict=True))
    return of.data_ptr(), of.data_ptr() + (last + 1) * of.element_size()


def _cost(operation: Operation) -> float:
    """In numbers that are read or written."""
    sizes = [each.numel() for each in _tensors([*operation.arguments, *operation.results])]
    if operation.name in PRODUCTS:
        first = PRODUCTS[operation.name][0]
        rows, columns = operation.arguments[first], operation.arguments[first + 1]
        return float(rows.numel() * columns.shape[1]) / 10
    return 3000 + sum(sizes) * (10 if [*_streams(operation)] else 1)


def _is_view(operation: Operation) -> bool:
    """Whether the operation only gives tensors that lie in the memory of others, or memory without numbers."""
    returned = [each.alias_info for each in operation.schema.returns]
    views = bool(returned) and all(each is not None and not each.is_write for each in returned)
    return views or operation.name in ("aten::empty", "aten::empty_like")


def _written(operation: Operation) -> Iterator[Tensor]:
    for argument, described in zip(operation.arguments, operation.schema.arguments, strict=True):
        if described.alias_info is not None and described.alias_info.is_write:
            yield from _tensors([argument])


def _made(operation: Operation) -> Iterator[Tensor]:
    """Results that lie in memory of their own."""
    for result, described in zip(operation.results, operation.schema.returns, strict=False):
        if described.alias_info is None and isinstance(result, Tensor):
            yield result


def _streams(operation: Operation) -> Iterator[torch.Generator]:
    return (each for each in operation.arguments if isinstance(each, torch.Generator))


def _tensors(arguments: Sequence[Any]) -> Iterator[Tensor]:
    for each in arguments:
        if isinstance(each, Tensor):
            yield each
        elif isinstance(each, (list, tuple)):
            yield from _tensors(each)
