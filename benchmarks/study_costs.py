"""What each row of a study costs: the time of a training step, parameters, multiply-adds.

A study of detectors has no costs: their images, and those of their classifiers, have other sizes.
"""

import json
import math
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from mmengine.config import Config
from mmengine.device import get_device
from mmengine.registry import DefaultScope
from mmpretrain.registry import MODELS
from mmpretrain.structures import DataSample
from study_digest import digest_of
from study_file import Study
from study_runs import Run
from timing import Run as Step
from timing import ratios
from torch import nn

from ic_backbones.atomic_write import write_atomically
from ic_backbones.complexity import count
from ic_backbones.config_file import whole_model
from ic_backbones.errors import InputError, one_line, writing

ROUNDS = 9


class Costs(NamedTuple):
    """What the rows of a study cost, where it is known.

    Attributes:
        steps: The time of a training step over the first row's, for images of 32x32, one thread.
        sizes: Parameters and multiply-adds of a network, for an image of 32x32. One that is
            distilled has none, for its model holds the teacher.
    """

    steps: Mapping[str, float]
    sizes: Mapping[str, tuple[int, int]]

    def of(self, label: str) -> tuple[float | None, ...]:
        """The time of a row's step, its parameters and its multiply-adds."""
        return (self.steps.get(label), *self.sizes.get(label, (None, None)))


def read_costs(study: Study) -> Costs:
    """The costs of a study, whose times are measured unless they lie next to the results.

    They are kept there, so that a study that goes on elsewhere trains for the same number of
    epochs.

    Raises:
        InputError: As :func:`kept_costs`.
    """
    if kept := kept_costs(study):
        return kept
    steps = _measured(_classifiers(study))
    text = json.dumps(dict(costs=steps, configs=_digests(study)), indent=1, ensure_ascii=False)
    with writing(_file(study)):
        write_atomically(_file(study), f'{text}\n'.encode())
    return Costs(steps, _sizes(study))


def kept_costs(study: Study) -> Costs | None:
    """The costs that lie next to the results; None if they are not those of the study's configs.

    Raises:
        InputError: The file is not one that :func:`read_costs` has written.
    """
    file = _file(study)
    if not file.is_file():
        return None
    try:
        kept = json.loads(file.read_text(encoding='utf-8'))
        configs, steps = kept['configs'], dict(kept['costs'])
        if not all(0 < step < math.inf for step in steps.values()):
            raise ValueError('a step takes no time')
    except (ValueError, TypeError, KeyError) as error:
        raise InputError(
            f'{file}: these are not the costs of a study ({one_line(error)}); delete it'
        ) from error
    return Costs(steps, _sizes(study)) if configs == _digests(study) else None


def _file(study: Study) -> Path:
    return study.results / 'costs.json'


def _digests(study: Study) -> dict[str, str]:
    return {label: Run(study, label, 0).config_digest for label in study.rows}


def _sizes(study: Study) -> dict[str, tuple[int, int]]:
    return {run.label: size(run) for run in _classifiers(study) if not _distils(run)}


def _classifiers(study: Study) -> list[Run]:
    runs = [Run(study, label, 0) for label in study.rows]
    return [] if any(run.is_detector for run in runs) else runs


def _measured(runs: Sequence[Run]) -> dict[str, float]:
    """The time of each run's step over the first's; rows that compute the same share one."""
    if not runs:
        return {}
    torch.set_num_threads(1)
    computed = {run.label: digest_of(*_computed(run)) for run in runs}
    distinct = {computed[run.label]: run for run in runs}
    print(f'measuring the training steps of {len(distinct)} networks', flush=True)
    times = ratios([training_step(run) for run in distinct.values()], ROUNDS)
    by_digest = dict(zip(distinct, times, strict=True))
    return {label: round(by_digest[digest], 3) for label, digest in computed.items()}


def _computed(run: Run) -> tuple[object, ...]:
    """What decides the time of a run's step."""
    cfg = run.config()
    memory_format = cfg.get('default_hooks', {}).get('memory_format')
    teacher = _computed(run.teacher) if _distils(run) else None
    return whole_model(cfg), memory_format, cfg.train_dataloader.batch_size, teacher


def _distils(run: Run) -> bool:
    return '{teacher}' in str(run.config().model)


def size(run: Run) -> tuple[int, int]:
    """The parameters and multiply-adds of a run's classifier."""
    return count(_built(run.config()), (32, 32))


def training_step(run: Run) -> Step:
    """Forward, loss and backward of a run's model for one batch of random images.

    The teacher is untrained, as its weights do not change the time.
    """
    with tempfile.TemporaryDirectory() as folder:
        teacher = Path(folder, 'teacher.pth')
        if run.teacher is not None:
            cfg = run.teacher.config()
            meta = dict(cfg=cfg.pretty_text)
            torch.save(dict(meta=meta, state_dict=_built(cfg).state_dict()), teacher)
        return _step(run.config(str(teacher)))


def _built(cfg: Config) -> nn.Module:
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        return MODELS.build(whole_model(cfg))


def _step(cfg: Config) -> Step:
    device = get_device()
    model = _built(cfg).train().to(device)
    samples = [
        DataSample().set_gt_label(0).to(device) for _ in range(cfg.train_dataloader.batch_size)
    ]
    images = torch.randn(len(samples), 3, 32, 32, device=device)

    def step() -> None:
        model.zero_grad()
        losses = model(images, samples, mode='loss')
        model.parse_losses(losses)[0].backward()
        if images.is_cuda:
            torch.cuda.synchronize()

    step()  # reads the teacher
    if 'memory_format' in cfg.get('default_hooks', {}):  # ChannelsLastHook, which needs a Runner
        model.to(memory_format=torch.channels_last)
    return step
