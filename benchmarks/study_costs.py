"""What each row of a study costs: the time of a training step, parameters, multiply-adds."""

import json
from collections.abc import Mapping, Sequence
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
from ic_backbones.errors import InputError, one_line
from ic_backbones.runs.options import make_folder

ROUNDS = 9


class Costs(NamedTuple):
    """What the rows of a study cost, where it is known.

    Attributes:
        steps: The time of a training step over the first row's, one thread. A detector has none.
        sizes: Parameters and multiply-adds of a classifier, for an image of 32x32. One that is
            distilled has none, for its model holds the teacher.
    """

    steps: Mapping[str, float]
    sizes: Mapping[str, tuple[int, int]]

    def of(self, label: str) -> tuple[float | None, ...]:
        """The time of a row's step, its parameters and its multiply-adds."""
        return (self.steps.get(label), *self.sizes.get(label, (None, None)))


def read_costs(study: Study) -> Costs:
    """The costs that lie next to the results, or else are measured.

    Times are measured once, so that a study that goes on elsewhere trains for the same number of
    epochs; and again if a row had no teacher's checkpoint.

    Raises:
        InputError: The file of the times is not one that this function has written.
    """
    classifiers = [run for label in study.rows if _is_classifier(run := Run(study, label, 0))]
    sizes = {run.label: size(run) for run in classifiers if not _distils(run)}
    digests = {label: Run(study, label, 0).config_digest for label in study.rows}
    file = study.results / 'costs.json'
    if file.is_file():
        try:
            known = json.loads(file.read_text(encoding='utf-8'))
            if known['configs'] == digests:
                return Costs(dict(known['costs']), sizes)
        except (ValueError, TypeError, KeyError) as error:
            raise InputError(
                f'{file}: these are not the costs of a study ({one_line(error)}); delete it'
            ) from error
    ready = [run for run in classifiers if not _distils(run) or run.teacher.has_checkpoint()]
    steps = _measured(ready)
    if len(ready) == len(classifiers):
        make_folder(study.results, '--results')
        text = json.dumps(dict(costs=steps, configs=digests), indent=1, ensure_ascii=False)
        file.write_text(f'{text}\n', encoding='utf-8')
    return Costs(steps, sizes)


def _measured(runs: Sequence[Run]) -> dict[str, float]:
    if not runs:
        return {}
    torch.set_num_threads(1)
    print(f'measuring the training steps of {len(runs)} rows', flush=True)
    times = ratios([training_step(run) for run in runs], ROUNDS)
    return {run.label: round(value, 3) for run, value in zip(runs, times, strict=True)}


def _is_classifier(run: Run) -> bool:
    return run.config().get('default_scope') != 'mmdet'


def _distils(run: Run) -> bool:
    return '{teacher}' in str(run.config().model)


def size(run: Run) -> tuple[int, int]:
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
