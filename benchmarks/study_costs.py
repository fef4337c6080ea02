"""What each row of a study costs: the time of a training step, parameters, multiply-adds."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from mmengine.device import get_device
from mmengine.registry import DefaultScope
from mmpretrain.registry import MODELS
from mmpretrain.structures import DataSample
from study_file import Study
from study_runs import Run
from timing import Run as Step
from timing import ratios

from ic_backbones.complexity import count
from ic_backbones.config_file import whole_model
from ic_backbones.errors import InputError, one_line, writing
from ic_backbones.runs.atomic_write import write_atomically

ROUNDS = 9


class Costs(NamedTuple):
    """What the rows of a study cost, where it is known.

    Attributes:
        steps: The time of a training step over the first row's, for images of 32x32, one thread. A
            detector has none.
        sizes: Parameters and multiply-adds of a classifier, for an image of 32x32. One that is
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
    epochs, unless a teacher's checkpoint is missing.

    Raises:
        InputError: As :func:`kept_costs`.
    """
    if kept := kept_costs(study):
        return kept
    classifiers = _classifiers(study)
    ready = [run for run in classifiers if not _distils(run) or run.teacher.has_checkpoint()]
    steps = _measured(ready)
    if len(ready) == len(classifiers):
        found = dict(costs=steps, configs=_digests(study))
        text = json.dumps(found, indent=1, ensure_ascii=False)
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
    return [run for run in runs if run.config().get('default_scope') != 'mmdet']


def _measured(runs: Sequence[Run]) -> dict[str, float]:
    if not runs:
        return {}
    torch.set_num_threads(1)
    print(f'measuring the training steps of {len(runs)} rows', flush=True)
    times = ratios([training_step(run) for run in runs], ROUNDS)
    return {run.label: round(value, 3) for run, value in zip(runs, times, strict=True)}


def _distils(run: Run) -> bool:
    return '{teacher}' in str(run.config().model)


def size(run: Run) -> tuple[int, int]:
    """The parameters and multiply-adds of a run's classifier."""
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        return count(MODELS.build(whole_model(run.config())), (32, 32))


def training_step(run: Run) -> Step:
    """Forward, loss and backward of a run's model for one batch of random images."""
    cfg = run.training_config()
    device = get_device()
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        model = MODELS.build(whole_model(cfg)).train().to(device)
    if 'memory_format' in cfg.get('default_hooks', {}):  # ChannelsLastHook, which needs a Runner
        model.to(memory_format=torch.channels_last)
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

    return step
