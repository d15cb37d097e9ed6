"""How fast variants of a model are, side by side."""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch

from aptarank.core import machine
from aptarank.exports.variants import load_variant
from aptarank.models.inference import Forward
from aptarank.models.model_inputs import Inputs, TokenizedAptamers, build_inputs

PAUSE = 0.01  # seconds, in which the threads of the runtime before fall asleep
TURN = 3  # timed calls, after one that is not and warms the caches
SLOW = 0.2  # seconds of a call that needs no warming up, and is a turn by itself


def batch_of(
    encoded: TokenizedAptamers, first: np.ndarray, second: np.ndarray | None, size: int
) -> Inputs:
    """A batch as inference makes them, of like length: from the middle of the examples by length.

    Where there are fewer examples than `size`, they are repeated.
    """
    lengths = encoded.lengths
    total = lengths[first] if second is None else lengths[first] + lengths[second]
    order = np.argsort(total, kind="stable")
    start = max(0, (len(order) - size) // 2)
    rows = np.sort(np.resize(order[start : start + size], size))
    return build_inputs(encoded, *(side[rows] for side in (first, second) if side is not None))


def seconds_of(way: Callable[[], object], device: torch.device) -> float:
    """Seconds that one call takes; on a GPU by its own events."""
    if device.type != "cuda":
        start = time.perf_counter()
        way()
        return time.perf_counter() - start
    events = [torch.cuda.Event(enable_timing=True) for _ in range(2)]
    events[0].record()
    way()
    events[1].record()
    torch.cuda.synchronize()
    return events[0].elapsed_time(events[1]) / 1000


def interleaved(
    ways: Mapping[str, Callable[[], object]],
    repetitions: int,
    seconds: float,
    device: torch.device,
) -> dict[str, np.ndarray]:
    """Time several ways to do a thing in turns, so that a drift of the machine meets all alike.

    Each is called before, untimed, and then has turns of a few calls until `repetitions` of them
    are timed or have taken `seconds`.

    Returns:
        Seconds of each call, shape (n_calls,).
    """
    fast = {
        name
        for name, way in ways.items()
        if seconds_of(way, device) < SLOW or seconds_of(way, device) < SLOW
    }
    taken: dict[str, list[float]] = {name: [] for name in ways}
    waiting = set(ways)
    while waiting:
        for name in [name for name in ways if name in waiting]:
            time.sleep(PAUSE)
            if name in fast:
                ways[name]()
            for _ in range(TURN if name in fast else 1):
                taken[name].append(seconds_of(ways[name], device))
            if len(taken[name]) >= repetitions or sum(taken[name]) >= seconds:
                waiting.discard(name)
    return {name: np.array(times) for name, times in taken.items()}


def summary(times: np.ndarray, batch_size: int) -> dict[str, float]:
    """Median and 95th percentile in milliseconds, and examples a second by the median."""
    p50, p95 = np.quantile(times, [0.5, 0.95])
    return {
        "repetitions": len(times),
        "p50_ms": 1000 * p50,
        "p95_ms": 1000 * p95,
        "throughput": batch_size / p50,
    }


def alone(
    folder: Path, threads: int, device: str, inputs: Inputs, *, made_here: bool = False
) -> dict[str, float | None]:
    """Load a variant and run one batch in a process of its own.

    Returns:
        load_s, until the first answer to two aptamers, and memory_mib, the most that it had more
        than before it was loaded.
    """
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(
            load_and_run, folder, threads, device, inputs, made_here=made_here
        ).result()


def load_and_run(
    folder: Path, threads: int, device: str, inputs: Inputs, *, made_here: bool
) -> dict:
    """What `alone` does, in its process."""
    machine.forget_peak()
    before, start = machine.memory(), time.perf_counter()
    forward: Forward = load_variant(folder, threads, torch.device(device), made_here=made_here)
    forward({name: tensor[:2] for name, tensor in inputs.items()})
    seconds = time.perf_counter() - start
    forward(inputs)
    peak = machine.memory(peak=True)
    mib = None if peak is None or before is None else (peak - before) / 2**20
    return {"load_s": seconds, "memory_mib": mib}
