"""The step of an optimiser as a CUDA graph can hold it: its numbers are tensors, and it never waits for the GPU."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.optim import Optimizer


class CapturableOptimizer:
    """`optimizer.step()` with a learning rate and a momentum that are read from tensors.

    It shares the parameters and the moments with the optimiser. torch's own Adam can be captured, too, but holds a
    learning rate of its own, and its SGD takes none from the device. Fused Adam (Kingma and Ba 2015) and SGD with
    momentum are written out; the betas are numbers, so they are captured.

    Args:
        lr, momentum: scalar tensors on the device of the parameters.
    """

    def __init__(self, optimizer: Optimizer, lr: Tensor, momentum: Tensor) -> None:
        self.group = optimizer.param_groups[0]
        self.parameters: list[Tensor] = self.group["params"]
        self.lr, self.momentum = lr, momentum
        self.adam = "betas" in self.group
        states = [_begun(optimizer.state, parameter, self._names()) for parameter in self.parameters]
        if self.adam:
            for state in states:  # one tensor for all of them, since their counts are equal
                state["step"] = states[0]["step"]
        self.moments = {name: [state[name] for state in states] for name in self._names()}

    def _names(self) -> list[str]:
        if self.adam:
            return ["step", "exp_avg", "exp_avg_sq"]
        return ["momentum_buffer"] if self.group["momentum"] else []

    def tensors(self) -> list[Tensor]:
        """All moments, each once."""
        return list({id(each): each for moments in self.moments.values() for each in moments}.values())

    def zero_grad(self) -> None:
        for parameter in self.parameters:
            parameter.grad = None

    @torch.no_grad()
    def step(self) -> None:
        grads = [parameter.grad for parameter in self.parameters if parameter.grad is not None]
        if self.adam:
            self._adam(grads, **self.moments)
        else:
            self._sgd(grads, **self.moments)

    def _adam(self, grads: list[Tensor], step: list[Tensor], exp_avg: list[Tensor], exp_avg_sq: list[Tensor]) -> None:
        step[0].add_(1)
        torch._fused_adam_(
            self.parameters, grads, exp_avg, exp_avg_sq, [], step, lr=self.lr,
            beta1=self.group["betas"][0], beta2=self.group["betas"][1], weight_decay=0.0, eps=self.group["eps"],
            amsgrad=False, maximize=False,
        )  # fmt: skip

    def _sgd(self, grads: list[Tensor], momentum_buffer: list[Tensor] | None = None) -> None:
        if momentum_buffer is not None:
            torch._foreach_mul_(momentum_buffer, self.momentum)
            torch._foreach_add_(momentum_buffer, grads)
        moves = torch._foreach_mul(grads if momentum_buffer is None else momentum_buffer, self.lr)
        torch._foreach_sub_(self.parameters, moves)


def _begun(states: dict[Tensor, dict[str, Tensor]], parameter: Tensor, names: list[str]) -> dict[str, Tensor]:
    """The optimiser's state of a parameter; moments that it has not got yet begin at zero, as in its first step."""
    state = states[parameter]
    for name in names:
        if state.get(name) is None:
            state[name] = torch.zeros((), device=parameter.device) if name == "step" else torch.zeros_like(parameter)
    return state
