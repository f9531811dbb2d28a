"""What a CUDA graph is on a GPU, for the processor: operations captured once, and then replayed without Python.

Python holds the interpreter lock while it calls an operation, and needs it again when the operation is done. A batch
has about 80 operations, so a run that shares the lock with other runs and with a server may wait 80 times a batch.
torch can keep operations as a graph and carry all of them out in one call, without the lock: on 2 cores, two runs of
the lecture's settings then train a third faster (590 batches/s instead of 440). With eight batches in a call, two runs
beside a thread that computes in Python train half as fast again (783 batches/s instead of 500).

The same operations in the same order give the same bits.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

TENSORS = "List[Tensor]"  # the type of an argument


class CPUGraph:
    """The operations of `function`, which runs once while they are captured.

    The function returns nothing. It reads and writes tensors that exist before the call, and a replay reads and writes
    the same ones, and draws from the same random streams. Any Python number in it, and every branch it takes, is
    captured as it was.
    """

    def __init__(self, function: Callable[[], object]) -> None:
        capture = _Capture()
        with torch.no_grad(), capture:
            function()
        graph = _Graph()
        for operation in capture.operations:
            graph.append(operation)
        self._inputs, self._run = graph.inputs, graph.compiled()

    def replay(self, times: int = 1) -> None:
        """Run the operations again, one time after another, without the interpreter lock."""
        # in this thread: otherwise torch profiles the first calls and rewrites the graph for the later ones
        torch._C._set_graph_executor_optimize(False)
        with torch.no_grad():
            self._run(times, *self._inputs)


class _Operation(NamedTuple):
    """An operation that was called, with all its arguments in their order, and its results."""

    schema: Any
    arguments: list[Any]
    results: list[Any]


class _Capture(TorchDispatchMode):
    """Notes every operation that is called in its context."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.operations: list[_Operation] = []

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        named = kwargs or {}
        result = func(*args, **named)
        missing = func._schema.arguments[len(args) :]
        arguments = [*args, *(named.get(each.name, each.default_value) for each in missing)]
        results = list(result) if isinstance(result, (tuple, list)) else [result]
        self.operations.append(_Operation(func._schema, arguments, results))
        return result


class _Graph:
    """A loop over operations, in torch's own form.

    Attributes:
        inputs: the tensors that were there before its operations, and random streams. They are the inputs of the graph
            after the first one, which says how often to run the operations.
    """

    def __init__(self) -> None:
        self.inputs: list[Tensor | torch.Generator] = []
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
        self._values: dict[int, Any] = {}  # by the id of a tensor or random stream

    def append(self, operation: _Operation) -> None:
        schema, arguments, results = operation
        with self._graph.insert_point_guard(self._body):
            values = [self._value(each, of.type) for each, of in zip(arguments, schema.arguments, strict=True)]
            node = self._graph.create(schema.name, values, len(schema.returns))
            self._graph.insertNode(node)
        for value, returned, tensor in zip(node.outputs(), schema.returns, results, strict=False):
            value.setType(returned.type)
            self._values.setdefault(id(tensor), value)

    def compiled(self) -> Callable[..., object]:
        self._graph.registerOutput(self._graph.insertConstant(None))
        self._graph.lint()
        function: Callable[..., object] = torch._C._create_function_from_graph("replay", self._graph)
        return function

    def _value(self, argument: Any, kind: Any) -> Any:
        if isinstance(argument, (Tensor, torch.Generator)):
            return self._of_input(argument)
        if str(kind) == TENSORS:
            node = self._graph.create("prim::ListConstruct", [self._of_input(each) for each in argument], 1)
            node.output().setType(kind)
            self._graph.insertNode(node)
            return node.output()
        return self._graph.insertConstant(argument)

    def _of_input(self, argument: Tensor | torch.Generator) -> Any:
        value = self._values.get(id(argument))
        if value is None:
            value = self._values[id(argument)] = self._graph.addInput()
            kind: Any = torch._C.TensorType if isinstance(argument, Tensor) else torch._C._GeneratorType
            value.setType(kind.get())
            self.inputs.append(argument)
        return value
