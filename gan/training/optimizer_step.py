"""The step of an optimiser without its bookkeeping, for `fast_step.py`."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.optim import Optimizer

ONE = torch.tensor(1.0)


def separate_counts(optimizer: Optimizer) -> None:
    """Give each parameter a count of steps of its own again, for torch's Adam; `OptimizerStep` shares one."""
    for state in optimizer.state.values():
        if "step" in state:
            state["step"] = state["step"].clone()


class OptimizerStep:
    """`optimizer.step()` without its bookkeeping, which takes half as long as the arithmetic.

    It takes the gradients from the parameters' `.grad`, and shares the moments with the optimiser. Fused Adam (Kingma
    and Ba 2015) and SGD with momentum are written out; any other optimiser takes its own step.
    """

    def __init__(self, optimizer: Optimizer) -> None:
        self.optimizer = optimizer
        self.group = optimizer.param_groups[0]
        self.parameters: list[Tensor] = self.group["params"]
        self.moments: dict[str, list[Tensor]] = {}

    @property
    def written_out(self) -> bool:
        """Whether the next step is one of those written out here."""
        return bool(self.moments)

    def __call__(self) -> None:
        if not self.moments and not self._find_moments():
            self.optimizer.step()
            return
        grads = [parameter.grad for parameter in self.parameters if parameter.grad is not None]
        if "momentum_buffer" in self.moments:
            self._sgd(grads, **self.moments)
        else:
            self._adam(grads, **self.moments)

    def _sgd(self, grads: list[Tensor], momentum_buffer: list[Tensor]) -> None:
        torch._foreach_mul_(momentum_buffer, self.group["momentum"])
        torch._foreach_add_(momentum_buffer, grads)
        torch._foreach_add_(self.parameters, momentum_buffer, alpha=-self.group["lr"])

    def _adam(self, grads: list[Tensor], exp_avg: list[Tensor], exp_avg_sq: list[Tensor], step: list[Tensor]) -> None:
        step[0].add_(ONE)
        torch._fused_adam_(
            self.parameters, grads, exp_avg, exp_avg_sq, [], step, lr=self.group["lr"],
            beta1=self.group["betas"][0], beta2=self.group["betas"][1], weight_decay=0.0, eps=self.group["eps"],
            amsgrad=False, maximize=False,
        )  # fmt: skip

    def _find_moments(self) -> bool:
        """Whether the optimiser has moments to continue from; its own first step makes them."""
        states = [self.optimizer.state[parameter] for parameter in self.parameters]
        if self.group.get("fused"):
            names = ["exp_avg", "exp_avg_sq", "step"]
        elif self.group.get("momentum"):
            names = ["momentum_buffer"]
        else:
            return False
        if not all(state.get(name) is not None for state in states for name in names):
            return False
        if "step" in names:  # one tensor for all of them, since their counts are equal
            for state in states:
                state["step"] = states[0]["step"]
        self.moments = {name: [state[name] for state in states] for name in names}
        return True
