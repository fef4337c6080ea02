"""The report of a detector, by testing it with mmengine's runner."""

from pathlib import Path

from mmdet.registry import DATASETS
from mmengine.config import Config
from mmengine.runner import Runner

from ..errors import BUILD_ERRORS, InputError
from ..runs import start
from ..weights.checkpoint import Checkpoint
from ..weights.match import compare
from .examined import Collect
from .page import Report, data_table
from .precision import THRESHOLDS, measure


def evaluate(
    cfg: Config, source: str, checkpoint: Checkpoint, split: str, score_thr: float | None
) -> Report:
    """Test a detector.

    Args:
        cfg: Its config, as :func:`~ic_backbones.runs.options.load_config` returned it.
        source: The file of the config.
        checkpoint: The checkpoint of its weights.
        split: ``'test'`` or ``'val'``, whose data loader is used.
        score_thr: The threshold for what is counted; None takes the one with the highest F1.

    Raises:
        InputError: It is not a detector, the checkpoint does not fill it, the threshold is not a
            score in hundredths, or the test cannot run.
    """
    if cfg.get('default_scope') != 'mmdet':
        raise InputError(f'{source}: is not a detector of mmdet; tools/test.py tests classifiers')
    if score_thr is not None and score_thr not in THRESHOLDS:
        raise InputError(
            f'--score-thr {score_thr:.10g}: is not a score in hundredths; give one from 0 to 1, '
            'such as 0.35'
        )
    cfg.test_dataloader = cfg[f'{split}_dataloader']
    cfg.test_evaluator = cfg[f'{split}_evaluator']
    cfg.load_from, cfg.resume = checkpoint.source, False
    collect, tested = Collect(), []

    def test(runner: Runner) -> None:
        match = compare(runner.model.state_dict(), checkpoint.tensors, checkpoint.source)
        match.require_all(f'give a checkpoint of the detector of {source}')
        runner.test_evaluator.metrics = [collect]
        runner.test()
        tested.append(runner.test_dataloader.dataset)

    start.run(cfg, source, test)
    (dataset,) = tested
    images, classes = collect.join(dataset), tuple(dataset.metainfo['classes'])
    datasets = {**_training_data(cfg), split: dataset}
    return Report(
        title=f'{Path(source).stem}: {Path(checkpoint.source).name} on {split}',
        images=images,
        precision=measure(images, classes),
        score_thr=score_thr,
        data=data_table(datasets, classes),
        work_dir=Path(checkpoint.source).parent,
        config=cfg.pretty_text,
        config_name=source,
    )


def _training_data(cfg: Config) -> dict:
    """The data set of the training, if it is here."""
    try:
        return dict(train=DATASETS.build(cfg.train_dataloader.dataset))
    except BUILD_ERRORS:
        return {}
