"""Compare the times of networks that take turns in one process.

All scripts that use it have the option --rounds, and some have those of SHARED.
"""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext

import torch
from command_line import positive
from torch import nn

from ic_backbones.errors import InputError

FORMATS = {'contiguous': torch.contiguous_format, 'channels_last': torch.channels_last}
SHARED = {
    '--threads': dict(type=positive, nargs='+', default=[1, 2], help='one or more'),
    '--device': dict(choices=['cpu', 'cuda'], default='cpu'),
    '--amp': dict(action='store_true', help='autocast to bf16'),
    '--compile': dict(action='store_true', help='also with torch.compile'),
    '--peak': dict(help=argparse.SUPPRESS),  # the network whose peak memory this process measures
}
WARM_UP = 2  # rounds that are not counted
# The default of 1,024 kernels is too few for networks that alternate: each would compile its own
# again in every turn. oneDNN reads this before its first kernel.
os.environ['ONEDNN_PRIMITIVE_CACHE_CAPACITY'] = '16384'
Run = Callable[[], object]


def parse(
    description: str,
    argv: Sequence[str] | None,
    rounds: int,
    add: Callable[[argparse.ArgumentParser], None] = lambda parser: None,
    shared: Sequence[str] = (),
) -> argparse.Namespace:
    """Read the options of a benchmark, and set torch's threads to the first number given.

    Args:
        description: The text of ``--help``.
        argv: The command line, or None for that of the process.
        rounds: The number of timed rounds by default.
        add: Adds a benchmark's own options.
        shared: Those of ``SHARED`` that it has; without --threads it has one thread.

    Returns:
        The options, and ``words``, the command line, for ``peaks`` of peak_memory.py.

    Raises:
        InputError: There is no GPU for ``--device cuda``.
    """
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('--rounds', type=positive, default=rounds, help='timed rounds')
    parser.set_defaults(threads=[1], device='cpu', amp=False)
    for option in shared:
        parser.add_argument(option, **SHARED[option])
    add(parser)
    words = sys.argv[1:] if argv is None else list(argv)
    args = parser.parse_args(words)
    args.words = words
    if args.device == 'cuda':
        if not torch.cuda.is_available():
            raise InputError('--device cuda: there is no GPU here; leave it out')
        args.threads = args.threads[:1]
    torch.set_num_threads(args.threads[0])
    return args


def formats(args: argparse.Namespace) -> dict[str, torch.memory_format]:
    """The memory formats to measure; on a GPU only channels_last."""
    return FORMATS if args.device == 'cpu' else {'channels_last': torch.channels_last}


def images(args: argparse.Namespace, shape: tuple[int, ...], layout: str) -> torch.Tensor:
    return torch.rand(*shape, device=args.device).contiguous(memory_format=FORMATS[layout])


def inference(net: nn.Module, x: torch.Tensor, args: argparse.Namespace) -> Run:
    """A forward pass without gradients."""

    def run() -> None:
        with torch.no_grad(), _autocast(args):
            net(x)

    return run


def training_step(net: nn.Module, x: torch.Tensor, args: argparse.Namespace) -> Run:
    """A forward and a backward pass."""

    def run() -> None:
        net.zero_grad()
        with _autocast(args):
            loss = sum(feature.mean() for feature in net(x))
        loss.backward()

    return run


def compiled(net: nn.Module) -> nn.Module:
    """``net`` through inductor, with its weights as constants."""
    return torch.compile(net, dynamic=False, options=dict(freezing=True))


def _autocast(args: argparse.Namespace):
    return torch.autocast(args.device, torch.bfloat16) if args.amp else nullcontext()


def medians(runs: list[Run], rounds: int, device: str = 'cpu') -> list[float]:
    """The median time of each function in seconds; they run alternately."""
    times: list[list[float]] = [[] for _ in runs]
    for lap in range(rounds + WARM_UP):
        for run, seconds in zip(runs, times, strict=True):
            elapsed = _elapsed(run, device)
            if lap >= WARM_UP:
                seconds.append(elapsed)
    return [statistics.median(seconds) for seconds in times]


def ratios(runs: list[Run], rounds: int, device: str = 'cpu') -> list[float]:
    """The ratio of each function's median time to that of the first."""
    first, *_ = found = medians(runs, rounds, device)
    return [value / first for value in found]


def _elapsed(run: Run, device: str) -> float:
    if device == 'cpu':
        start = time.perf_counter()
        run()
        return time.perf_counter() - start
    begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    begin.record()
    run()
    end.record()
    torch.cuda.synchronize()
    return begin.elapsed_time(end) / 1000


def print_row(title: str, values: Sequence[float | str], width: int = 13) -> None:
    cells = (f'{v:>{width}}' if isinstance(v, str) else f'{v:{width}.3f}' for v in values)
    print(f'{title:46}' + ''.join(cells), flush=True)
