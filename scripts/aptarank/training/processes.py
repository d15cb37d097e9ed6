"""Training by one process, or by several that share each batch (started by torchrun)."""

import os
from collections.abc import Callable

import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel


class World:
    """The processes that train one model together; all of them step in the same way.

    `number` is this process's place in 0 … `size` − 1. With one process, nothing is communicated.
    """

    def __init__(self, device: torch.device):
        self.size = int(os.environ.get("WORLD_SIZE", "1"))
        self.number = int(os.environ.get("RANK", "0"))
        self.beside = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))  # processes on this node
        self.device = device
        if self.size > 1:
            if device.type == "cuda":
                self.device = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
                torch.cuda.set_device(self.device)
            distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")

    @property
    def leads(self) -> bool:
        """Whether this is the process that measures, logs and writes."""
        return self.number == 0

    def leave(self) -> None:
        if self.size > 1:
            distributed.destroy_process_group()

    def wrap(self, model: nn.Module) -> nn.Module:
        """The model, with gradients averaged over the processes in each backward pass."""
        return DistributedDataParallel(model) if self.size > 1 else model

    def share(self, total: int) -> slice:
        """This process's part of a batch of `total`."""
        return slice(self.number * total // self.size, (self.number + 1) * total // self.size)

    def gather(self, part: torch.Tensor) -> torch.Tensor:
        """The whole batch's values, shape (total,), from each process's part of the same size.

        Only this process's part carries gradients.
        """
        if self.size == 1:
            return part
        parts = [torch.empty_like(part) for _ in range(self.size)]
        distributed.all_gather(parts, part.detach())
        parts[self.number] = part
        return torch.cat(parts)

    def any(self, *flags: bool) -> list[bool]:
        """For each flag whether it is set in any process."""
        if self.size == 1:
            return list(flags)
        shared = torch.tensor(flags, dtype=torch.int32, device=self.device)
        distributed.all_reduce(shared, distributed.ReduceOp.MAX)
        return shared.bool().tolist()

    def mean(self, value: torch.Tensor) -> torch.Tensor:
        """The mean of a value over the processes."""
        if self.size > 1:
            distributed.all_reduce(value)
            value /= self.size
        return value

    def leader_first(self, act: Callable[[], None]) -> None:
        """Act in the leader and then in the others, which find the files as it leaves them."""
        if self.leads:
            act()
        self.any(False)  # all wait here
        if not self.leads:
            act()

    def from_leader(self, *values: float) -> list[float]:
        """The leader's values."""
        if self.size == 1:
            return list(values)
        shared = torch.tensor(values, dtype=torch.float64, device=self.device)
        distributed.broadcast(shared, 0)
        return shared.tolist()

    def random_states(self) -> dict[str, torch.Tensor]:
        """The state of torch's random numbers in each process, uint8, by `cpu.0`, `cuda.0`, …."""
        states = {"cpu": torch.get_rng_state()}
        if self.device.type == "cuda":
            states["cuda"] = torch.cuda.get_rng_state(self.device)
        if self.size == 1:
            return {f"{name}.0": state for name, state in states.items()}
        found = {}
        for name, state in states.items():
            parts = [torch.empty_like(state, device=self.device) for _ in range(self.size)]
            distributed.all_gather(parts, state.to(self.device))
            found |= {f"{name}.{number}": part.cpu() for number, part in enumerate(parts)}
        return found

    def set_random_states(self, states: dict[str, torch.Tensor]) -> None:
        """Take this process's own; there is none where more processes go on than stopped."""
        if f"cpu.{self.number}" in states:
            torch.set_rng_state(states[f"cpu.{self.number}"])
        if self.device.type == "cuda" and f"cuda.{self.number}" in states:
            torch.cuda.set_rng_state(states[f"cuda.{self.number}"], self.device)
