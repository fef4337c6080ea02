"""What each row of a study costs: the time of a training step, parameters, multiply-adds."""

import json

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
from ic_backbones.runs.options import make_folder

ROUNDS = 9


def read_costs(study: Study) -> dict[str, float]:
    """The time of a training step of each row over the first row's, one thread.

    It is measured once and kept next to the results, so that a study that goes on elsewhere trains
    for the same number of epochs. A detector has none, and neither has a row whose teacher's
    checkpoint is not there.
    """
    runs = {label: Run(study, label, 0) for label in study.rows}
    digests = {label: run.config_digest for label, run in runs.items()}
    file = study.results / 'costs.json'
    if file.is_file():
        known = json.loads(file.read_text(encoding='utf-8'))
        if known['configs'] == digests:
            return known['costs']
    torch.set_num_threads(1)
    usable = {label: run for label, run in runs.items() if _can_step(run)}
    print(f'measuring the training steps of {len(usable)} rows', flush=True)
    steps = [training_step(run) for run in usable.values()]
    times = ratios(steps, ROUNDS) if steps else []
    costs = dict(zip(usable, (round(value, 3) for value in times), strict=True))
    make_folder(study.results, '--results')
    file.write_text(
        json.dumps(dict(costs=costs, configs=digests), indent=1, ensure_ascii=False) + '\n',
        encoding='utf-8',
    )
    return costs


def _can_step(run: Run) -> bool:
    return _is_classifier(run) and (not _distils(run) or run.teacher.has_checkpoint())


def _is_classifier(run: Run) -> bool:
    return run.config().get('default_scope') != 'mmdet'


def _distils(run: Run) -> bool:
    return '{teacher}' in str(run.config().model)


def sizes(study: Study) -> dict[str, tuple[int, int]]:
    """The parameters and multiply-adds of each row's classifier, for one image of 32x32.

    A detector has none here, and neither has a network that is distilled, which holds its teacher.
    """
    runs = [Run(study, label, 0) for label in study.rows]
    return {run.label: size(run) for run in runs if _is_classifier(run) and not _distils(run)}


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
