"""A run of a study: its config, training and result."""

import hashlib
import json
import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path

from mmengine.config import Config
from study_file import Study, file_name

from ic_backbones.errors import InputError, one_line
from ic_backbones.runs.options import make_folder
from ic_backbones.runs.scalars import METRIC, TRAINING, read_scalars
from ic_backbones.runs.schedule import scale
from ic_backbones.runs.work_dir import last_checkpoint

TRAIN = Path(__file__).parents[1] / 'tools' / 'train.py'
# What decides the result of a training, next to the hook of the memory format.
DECISIVE = (
    'model',
    'data_preprocessor',
    'train_dataloader',
    'val_dataloader',
    'val_evaluator',
    'train_cfg',
    'optim_wrapper',
    'param_scheduler',
    'custom_hooks',
    'randomness',
    'load_from',
)

WATCHING = ('cal_acc',)
DIGITS = 16  # of a digest


@dataclass(frozen=True)
class Result:
    """What a finished training leaves.

    Attributes:
        accuracy: Percent of the test images after each epoch; of a detector, the mAP in percent.
        loss: Mean of the training loss that was logged during each epoch.
        training: Percent of the training images during each epoch; None where the head does not log
            it.
    """

    accuracy: list[float]
    loss: list[float]
    training: list[float] | None = None


@dataclass(frozen=True)
class Run:
    """One training: a row with a seed.

    Attributes:
        own_epochs: Epochs in place of those of the row's config, with its schedule scaled.
    """

    study: Study
    label: str
    seed: int
    own_epochs: int | None = None

    @property
    def name(self) -> str:
        epochs = '' if self.own_epochs is None else f'_{self.own_epochs}_epochs'
        return f'{file_name(self.label)}{epochs}_{self.seed}'

    @cached_property
    def teacher(self) -> 'Run | None':
        label = self.study.rows[self.label].get('teacher')
        return label and Run(self.study, label, 0)

    @property
    def folder(self) -> Path:
        return self.study.work_dir / self.name

    @property
    def config_file(self) -> Path:
        """Next to the folder, in which Runner writes a copy of it."""
        return self.study.work_dir / f'{self.name}.py'  # a label may hold dots, as in 'alpha 0.02'

    @property
    def epochs(self) -> int:
        return self.config().train_cfg.max_epochs

    def with_epochs(self, epochs: int) -> 'Run':
        """The same training over ``epochs``; itself where it has as many."""
        return self if epochs == self.epochs else replace(self, own_epochs=epochs)

    def config(self, teacher: str = '{teacher}') -> Config:
        """The row's config with the study's overrides, the row's own, and the seed."""
        row = self.study.rows[self.label]
        options = {**self.study.common, **row.get('options', {}), 'randomness.seed': self.seed}
        cfg = deepcopy(self.study.read_once(row['config']))
        # A copy, for mmengine takes keys such as _delete_ out of what it merges.
        cfg.merge_from_dict({key: _fill(deepcopy(v), teacher) for key, v in options.items()})
        if self.own_epochs is not None:
            scale_schedule(cfg, self.own_epochs)
        return cfg

    @cached_property
    def config_digest(self) -> str:
        """A digest of what its config, and that of its teacher, decide about a training."""
        cfg = self.config().to_dict()
        decisive = {key: _without(WATCHING, cfg.get(key)) for key in DECISIVE}
        if memory_format := cfg.get('default_hooks', {}).get('memory_format'):
            decisive['memory_format'] = memory_format
        return _digest(decisive, self.teacher and self.teacher.config_digest)

    @property
    def digest(self) -> str:
        """A digest of all that decides the training's result.

        A teacher counts with its own result: trained again, it may become another one, and then its
        students are no longer comparable with those of the first.
        """
        if self.teacher is None:
            return self.config_digest
        result = self.teacher.result()
        became = result and (result.accuracy, result.loss)
        return _digest(self.config_digest, self.teacher.digest, became)

    def result(self) -> Result | None:
        """The result of this training, in whichever study it was done.

        None if it is not finished or its config has changed.

        Raises:
            InputError: The file is not one that :meth:`train` has written.
        """
        own = self.study.results
        files = own.parent.glob(f'*/*_{self.digest}.json')
        file = min(files, key=lambda file: (file.parent != own, file), default=None)
        if file is None:
            return None
        try:
            return Result(**json.loads(file.read_text(encoding='utf-8')))
        except (ValueError, TypeError) as error:
            raise InputError(
                f'{file}: this is not the result of a run ({one_line(error)}); delete it'
            ) from error

    def is_ready(self) -> bool:
        """Whether students can start from it."""
        return self.result() is not None and self.has_checkpoint()

    def has_checkpoint(self) -> bool:
        """Whether the finished training lies in the work dir."""
        config = self.config_file
        same = config.is_file() and config.read_text().startswith(self._first_line())
        return same and Path(last_checkpoint(self.folder) or '').name == f'epoch_{self.epochs}.pth'

    def train(self) -> None:
        """Train, unless the finished training lies in the work dir, and write the result.

        Raises:
            InputError: The training failed; the reason is the last line of its log.
        """
        if not self.has_checkpoint():
            self._train()
        log = read_scalars(self.folder)
        epochs = range(1, self.epochs + 1)
        rows = [[row for row in log.train if row['epoch'] == epoch] for epoch in epochs]
        result = Result(
            accuracy=[round(_accuracy(row), 3) for row in log.val],
            loss=[round(statistics.mean(row['loss'] for row in each), 4) for each in rows],
            training=[round(each[-1][TRAINING], 3) for each in rows]
            if all(TRAINING in each[-1] for each in rows)
            else None,
        )
        results = self.study.results
        make_folder(results, '--results')
        for outdated in results.glob(f'{self.name}_{"?" * DIGITS}.json'):
            outdated.unlink()
        file = results / f'{self.name}_{self.digest}.json'
        file.write_text(json.dumps(asdict(result)) + '\n', encoding='utf-8')

    def _train(self) -> None:
        config = self.config_file
        if config.is_file():  # never a folder that no study has made
            shutil.rmtree(self.folder, ignore_errors=True)
        make_folder(self.folder, '--work-dir')
        config.write_text(self._first_line() + self.training_config().pretty_text)
        log = self.folder / 'output.txt'
        with log.open('w') as out:
            code = subprocess.call(
                [sys.executable, str(TRAIN), str(config), '--work-dir', str(self.folder)],
                stdout=out,
                stderr=subprocess.STDOUT,
                env=os.environ | dict(OMP_NUM_THREADS='1'),
            )
        if code:
            reason = (log.read_text().strip().splitlines() or ['no output'])[-1]
            raise InputError(
                f'{log}: the training failed ({reason}); correct that, finished runs are kept'
            )
        if not self.has_checkpoint():
            raise InputError(
                f'{self.folder}: the training has left no epoch_{self.epochs}.pth; let its config '
                'save checkpoints by epoch'
            )

    def training_config(self) -> Config:
        """With the teacher's checkpoint where it lies, or will lie."""
        if self.teacher is None:
            return self.config()
        return self.config(str(self.teacher.folder / f'epoch_{self.teacher.epochs}.pth'))

    def _first_line(self) -> str:
        """What tells a training from an earlier one of the same name, or of another teacher."""
        return f'# {self.digest}\n'


def runs_of(study: Study, seeds: int) -> list[Run]:
    """Every row with every seed that it is trained with, seed by seed."""
    return [
        Run(study, label, seed)
        for seed in range(seeds)
        for label, row in study.rows.items()
        if seed < row.get('seeds', seeds)
    ]


def _digest(*content: object) -> str:
    text = json.dumps(content, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]


def _accuracy(row: Mapping[str, float]) -> float:
    """What a validation found, in percent."""
    name = next(key for key in row if METRIC.search(key))
    return row[name] * (100 if name.endswith('mAP') else 1)


def _without(keys: Sequence[str], value: object) -> object:
    """``value`` without ``keys`` in any of its dicts."""
    if isinstance(value, dict):
        return {key: _without(keys, item) for key, item in value.items() if key not in keys}
    return [_without(keys, item) for item in value] if isinstance(value, list) else value


def _fill(value: object, teacher: str) -> object:
    return value.replace('{teacher}', teacher) if isinstance(value, str) else value


def scale_schedule(cfg: Config, epochs: int) -> None:
    """Let ``cfg`` train for ``epochs``, and its learning rate follow the same curve over them."""
    factor = epochs / cfg.train_cfg.max_epochs
    cfg.train_cfg.max_epochs = epochs
    schedules = cfg.param_scheduler
    for schedule in schedules if isinstance(schedules, list) else [schedules]:
        scale(schedule, factor)
