"""The peak memory of a training step, each network in a process of its own."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import torch
from timing import Run
from torch.profiler import ProfilerActivity, profile

from ic_backbones.errors import InputError


def print_peak(step: Run, device: str) -> None:
    """Print the bytes of tensors that two training steps add to those before them, at their peak.

    So gradients count, but neither the weights nor Python's packages. The process's own memory
    would not tell networks apart: on a CPU it varies by a tenth from run to run.
    """
    if device == 'cuda':
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        step()
        step()
        print(torch.cuda.max_memory_allocated() - before)
        return
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as record:
        step()
        step()
    with tempfile.TemporaryDirectory() as folder:
        record.export_chrome_trace(f'{folder}/trace.json')
        trace = json.loads(Path(folder, 'trace.json').read_text())
    changes = [event['args'] for event in trace['traceEvents'] if event['name'] == '[memory]']
    before = changes[0]['Total Allocated'] - changes[0]['Bytes']
    print(max(change['Total Allocated'] for change in changes) - before)


def peaks(script: str, names: Sequence[str], words: Sequence[str]) -> list[int]:
    """What ``script --peak NAME`` prints, for each of the names, with the other ``words``."""
    command = [sys.executable, script, *words, '--peak']
    try:
        return [int(subprocess.check_output([*command, name]).split()[-1]) for name in names]
    except subprocess.CalledProcessError as error:
        raise InputError(
            f'{script} --peak: a measurement failed; correct what it says above'
        ) from error
