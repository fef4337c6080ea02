"""Compare the times of functions that take turns in one process."""

import statistics
import time
from collections.abc import Callable

import torch

FORMATS = {'contiguous': torch.contiguous_format, 'channels_last': torch.channels_last}
Run = Callable[[], object]


def ratios(runs: list[Run], rounds: int) -> list[float]:
    """Ratio of each function's median time to that of the first; they run in turns."""
    times: list[list[float]] = [[] for _ in runs]
    for lap in range(rounds + 2):
        for run, seconds in zip(runs, times, strict=True):
            start = time.perf_counter()
            run()
            if lap >= 2:  # warm-up
                seconds.append(time.perf_counter() - start)
    medians = [statistics.median(seconds) for seconds in times]
    return [median / medians[0] for median in medians]


def inference(net: torch.nn.Module, x: torch.Tensor) -> Run:
    def run() -> None:
        with torch.inference_mode():
            net(x)

    return run


def training_step(net: torch.nn.Module, x: torch.Tensor) -> Run:
    def run() -> None:
        net.zero_grad()
        sum(feature.mean() for feature in net(x)).backward()

    return run
