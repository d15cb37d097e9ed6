"""Training by one process, or by several that share each batch (started by torchrun)."""

import os
import time
from collections.abc import Callable

import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel

from aptarank.core.errors import InputError


class World:
    """The processes that train one model together; all of them take the same steps.

    With one process, nothing is communicated.

    Attributes:
        size: number of processes.
        process_index: this process's, from 0 to `size` − 1.
        local_processes: number of processes on this node.
        device: on which this process trains.
    """

    def __init__(self, device: torch.device):
        self.size = int(os.environ.get("WORLD_SIZE", "1"))
        self.process_index = int(os.environ.get("RANK", "0"))
        self.local_processes = int(
            os.environ.get("LOCAL_WORLD_SIZE", "1")
        )  # processes on this node
        self.device = device
        if self.size > 1:
            if device.type == "cuda":
                self.check_one_gpu_each()
                self.device = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
                torch.cuda.set_device(self.device)
            distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")

    def check_one_gpu_each(self) -> None:
        """Check that each process of this node can have a GPU of its own, as NCCL requires.

        Raises:
            InputError: there are fewer GPUs than processes.
        """
        gpus = torch.cuda.device_count()
        if self.local_processes > gpus and os.environ["LOCAL_RANK"] != "0":
            time.sleep(
                60
            )  # until torchrun ends it: had it stopped first, the other could not say why
            raise SystemExit(1)
        if self.local_processes > gpus:
            raise InputError(
                f"{self.local_processes} processes on a node with {gpus} GPU(s); each process "
                "needs its own. Lower `processes`, or set `device: cpu`"
            )

    @property
    def is_main_process(self) -> bool:
        """Whether this is the process that evaluates, logs and writes."""
        return self.process_index == 0

    def leave(self) -> None:
        if self.size > 1:
            distributed.destroy_process_group()

    def wrap(self, model: nn.Module) -> nn.Module:
        """Wrap the model so that each backward pass averages gradients over the processes."""
        return DistributedDataParallel(model) if self.size > 1 else model

    def local_slice(self, total: int) -> slice:
        """This process's part of a batch of `total`."""
        return slice(
            self.process_index * total // self.size, (self.process_index + 1) * total // self.size
        )

    def gather(self, part: torch.Tensor) -> torch.Tensor:
        """The whole batch's values, shape (total,), from each process's part of the same size.

        Only this process's part carries gradients.
        """
        if self.size == 1:
            return part
        parts = [torch.empty_like(part) for _ in range(self.size)]
        distributed.all_gather(parts, part.detach())
        parts[self.process_index] = part
        return torch.cat(parts)

    def any(self, *flags: bool) -> list[bool]:
        """Whether each flag is set in any process."""
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

    def main_process_first(self, act: Callable[[], None]) -> None:
        """Run `act` in the main process, then in the others, which find the files it has left."""
        if self.is_main_process:
            act()
        self.any(False)  # a barrier
        if not self.is_main_process:
            act()

    def broadcast(self, *values: float) -> list[float]:
        """The main process's values, in all processes."""
        if self.size == 1:
            return list(values)
        shared = torch.tensor(values, dtype=torch.float64, device=self.device)
        distributed.broadcast(shared, 0)
        return shared.tolist()

    def random_states(self) -> dict[str, torch.Tensor]:
        """The state of torch's generators in each process, uint8, keyed `cpu.0`, `cuda.0`, …."""
        states = {"cpu": torch.get_rng_state()}
        if self.device.type == "cuda":
            states["cuda"] = torch.cuda.get_rng_state(self.device)
        if self.size == 1:
            return {f"{name}.0": state for name, state in states.items()}
        gathered: dict[str, torch.Tensor] = {}
        for name, state in states.items():
            parts = [torch.empty_like(state, device=self.device) for _ in range(self.size)]
            distributed.all_gather(parts, state.to(self.device))
            gathered |= {f"{name}.{index}": part.cpu() for index, part in enumerate(parts)}
        return gathered

    def set_random_states(self, states: dict[str, torch.Tensor]) -> None:
        """Restore this process's state, if there is one.

        There is none for a process that was added when the training was resumed.
        """
        if f"cpu.{self.process_index}" in states:
            torch.set_rng_state(states[f"cpu.{self.process_index}"])
        if self.device.type == "cuda" and f"cuda.{self.process_index}" in states:
            torch.cuda.set_rng_state(states[f"cuda.{self.process_index}"], self.device)
