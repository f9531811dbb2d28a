"""What a CUDA graph is on a GPU, for the processor: operations captured once, and then replayed without Python.

Python holds the interpreter lock while it calls an operation, and needs it again when the operation is done. A batch
has about 80 operations, so a run that shares the lock with other runs and with a server may wait 80 times a batch.
torch can keep operations as a graph and carry all of them out in one call, without the lock: on 2 cores, two runs of
the lecture's settings then train a third faster (590 batches/s instead of 440). With eight batches in a call, two runs
beside a thread that computes in Python train half as fast again (783 batches/s instead of 500).

The same operations in the same order give the same bits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

TENSORS = "List[Tensor]"  # the type of an argument


class Operation(NamedTuple):
    """An operation that was called, with all its arguments in their order, and its results."""

    overload: Any
    arguments: list[Any]
    results: list[Any]

    @property
    def schema(self) -> Any:
        return self.overload._schema

    @property
    def name(self) -> str:
        return str(self.schema.name)

    def call(self) -> Any:
        """Call it again, from Python."""
        given = list(zip(self.schema.arguments, self.arguments, strict=True))
        named = {each.name: argument for each, argument in given if each.kwarg_only}
        return self.overload(*(argument for each, argument in given if not each.kwarg_only), **named)


def capture(function: Callable[[], object]) -> list[Operation]:
    """Call a function, and return the operations that it consists of.

    The function returns nothing. It reads and writes tensors that exist before the call, and a replay reads and writes
    the same ones, and draws from the same random streams. Any Python number in it, and every branch it takes, is
    captured as it was.
    """
    captured = _Capture()
    with torch.no_grad(), captured:
        function()
    return captured.operations


class CPUGraph:
    """Operations to carry out again."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        graph = Graph()
        for operation in operations:
            graph.append(operation)
        self.replay = graph.compiled()


class _Capture(TorchDispatchMode):
    """Notes every operation that is called in its context."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.operations: list[Operation] = []

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        named = kwargs or {}
        result = func(*args, **named)
        missing = func._schema.arguments[len(args) :]
        arguments = [*args, *(named.get(each.name, each.default_value) for each in missing)]
        results = list(result) if isinstance(result, (tuple, list)) else [result]
        self.operations.append(Operation(func, arguments, results))
        return result


class Graph:
    """A loop over operations, in torch's own form."""

    def __init__(self) -> None:
        graph: Any = torch._C.Graph()
        times = graph.addInput()
        times.setType(torch._C.IntType.get())
        always = graph.insertConstant(True)  # run the next time, too
        loop = graph.create("prim::Loop", [times, always], 0)
        graph.appendNode(loop)
        body = loop.addBlock()
        body.addInputToBlock().setType(torch._C.IntType.get())
        body.registerOutput(always)
        self._graph, self._body = graph, body
        self._inputs: list[Tensor | torch.Generator] = []  # what was there before the operations
        self._values: dict[int, Any] = {}  # by the id of a tensor or random stream

    def append(self, operation: Operation) -> None:
        """Add an operation; its results are made anew each time."""
        for value, tensor in self._append(operation):
            self._values.setdefault(id(tensor), value)

    def append_in_place(self, operation: Operation) -> None:
        """Add an operation; its results are put where those of the capture lie, for other graphs to find them."""
        made = [each.alias_info is None for each in operation.schema.returns]
        for is_made, (value, tensor) in zip(made, self._append(operation), strict=False):
            if is_made:
                self._add("aten::copy_", [self._value(tensor), value, self._constant(False)], torch._C.TensorType)

    def append_meeting(self, mine: Tensor, others: Tensor, looks: int) -> None:
        """Count up `mine`, and look at `others` until it is as high; after so many looks, raise RuntimeError.

        Args:
            mine, others: whole numbers that lie in memory; another thread counts up `others`.
        """
        tensor, number, truth = torch._C.TensorType, torch._C.IntType, torch._C.BoolType
        one = self._constant(1)
        self._add("aten::add_", [self._value(mine), one, one], tensor)
        goal = self._add("aten::Int", [self._value(mine)], number)
        behind = self._add("aten::lt", [self._add("aten::Int", [self._value(others)], number), goal], truth)
        with self._graph.insert_point_guard(self._body):
            loop = self._graph.create("prim::Loop", [self._constant(looks), behind], 0)
            self._graph.insertNode(loop)
        waiting = loop.addBlock()
        waiting.addInputToBlock().setType(number.get())
        with self._graph.insert_point_guard(waiting):
            seen = self._insert("aten::Int", [self._value(others)], number)
            still_behind = self._insert("aten::lt", [seen, goal], truth)
        waiting.registerOutput(still_behind)
        there = self._add("aten::ge", [self._value(others), self._value(mine)], tensor)
        with self._graph.insert_point_guard(self._body):
            self._graph.insertNode(self._graph.create("aten::_assert_async", [there], 0))

    def compiled(self) -> Callable[[int], None]:
        """A function that carries out the operations as often as it is told, without the interpreter lock."""
        self._graph.registerOutput(self._graph.insertConstant(None))
        self._graph.lint()
        function, inputs = torch._C._create_function_from_graph("replay", self._graph), self._inputs

        def replay(times: int) -> None:
            # in this thread: otherwise torch profiles the first calls and rewrites the graph for the later ones
            torch._C._set_graph_executor_optimize(False)
            with torch.no_grad():
                function(times, *inputs)

        return replay

    def _append(self, operation: Operation) -> list[tuple[Any, Any]]:
        """Add an operation and return its results, each as a value of the graph and as it was captured."""
        schema, arguments, results = operation.schema, operation.arguments, operation.results
        with self._graph.insert_point_guard(self._body):
            values = [self._argument(each, of.type) for each, of in zip(arguments, schema.arguments, strict=True)]
            node = self._graph.create(schema.name, values, len(schema.returns))
            self._graph.insertNode(node)
        for value, returned in zip(node.outputs(), schema.returns, strict=True):
            value.setType(returned.type)
        return list(zip(node.outputs(), results, strict=False))

    def _add(self, name: str, values: list[Any], kind: Any) -> Any:
        with self._graph.insert_point_guard(self._body):
            return self._insert(name, values, kind)

    def _insert(self, name: str, values: list[Any], kind: Any) -> Any:
        node = self._graph.create(name, values, 1)
        node.output().setType(kind.get())
        self._graph.insertNode(node)
        return node.output()

    def _constant(self, value: object) -> Any:
        with self._graph.insert_point_guard(self._body):
            return self._graph.insertConstant(value)

    def _argument(self, argument: Any, kind: Any) -> Any:
        if isinstance(argument, (Tensor, torch.Generator)):
            return self._value(argument)
        if str(kind) == TENSORS:
            node = self._graph.create("prim::ListConstruct", [self._value(each) for each in argument], 1)
            node.output().setType(kind)
            self._graph.insertNode(node)
            return node.output()
        return self._graph.insertConstant(argument)

    def _value(self, argument: Tensor | torch.Generator) -> Any:
        value = self._values.get(id(argument))
        if value is None:
            value = self._values[id(argument)] = self._graph.addInput()
            kind: Any = torch._C.TensorType if isinstance(argument, Tensor) else torch._C._GeneratorType
            value.setType(kind.get())
            self._inputs.append(argument)
        return value
