"""A run of a study: its config, training and result."""

import os
import shutil
import subprocess
import sys
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from mmengine.config import Config
from study_checks import file_name
from study_digest import DIGITS, digest_of, digest_of_config
from study_file import Study
from study_process import call
from study_result import Result

from ic_backbones.atomic_write import write_atomically
from ic_backbones.errors import InputError, writing
from ic_backbones.runs.options import merge
from ic_backbones.runs.outputs import make_folder
from ic_backbones.runs.scalars import read_scalars
from ic_backbones.runs.schedule import scale, schedulers_of
from ic_backbones.runs.work_dir import last_checkpoint, locked

TRAIN = Path(__file__).parents[1] / 'tools' / 'train.py'


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
    def is_detector(self) -> bool:
        return self.config().get('default_scope') == 'mmdet'

    @property
    def folder(self) -> Path:
        return self.study.work_dir / self.name

    @property
    def config_file(self) -> Path:
        """Next to the folder, in which Runner writes a copy of it."""
        return self.study.work_dir / f'{self.name}.py'  # a label may hold dots, as in 'alpha 0.02'

    @property
    def checkpoint(self) -> Path:
        """The last checkpoint, from which students start."""
        return self.folder / f'epoch_{self.epochs}.pth'

    @property
    def epochs(self) -> int:
        if epochs := (self.config().get('train_cfg') or {}).get('max_epochs'):
            return epochs
        raise InputError(f'{self.label!r}: its config counts no epochs; set train_cfg.max_epochs')

    def with_epochs(self, epochs: int) -> 'Run':
        """The same training over ``epochs``; itself where it has as many."""
        return self if epochs == self.epochs else replace(self, own_epochs=epochs)

    def config(self, teacher: str = '{teacher}') -> Config:
        """The row's config with the study's overrides, the row's own, and the seed."""
        row = self.study.rows[self.label]
        options = {**self.study.common, **row.get('options', {}), 'randomness.seed': self.seed}
        cfg = deepcopy(self.study.read_once(row['config']))
        # A copy, for mmengine takes keys such as _delete_ out of what it merges.
        own = {key: _fill(deepcopy(value), teacher) for key, value in options.items()}
        merge(cfg, own, f'{self.label!r} overrides')
        if self.own_epochs is not None:
            scale_schedule(cfg, self.own_epochs)
        return cfg

    @cached_property
    def config_digest(self) -> str:
        """A digest of what its config, and that of its teacher, decide about a training."""
        return digest_of_config(self.config(), self.teacher and self.teacher.config_digest)

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
        return digest_of(self.config_digest, self.teacher.digest, became)

    def result(self) -> Result | None:
        """The result of this training, in whichever study it was done.

        None if it is not finished or its config has changed.

        Raises:
            InputError: As :meth:`~study_result.Result.read`.
        """
        own = self.study.results
        files = own.parent.glob(f'*/*_{self.digest}.json')
        file = min(files, key=lambda file: (file.parent != own, file), default=None)
        return None if file is None else Result.read(file, self.epochs)

    def is_ready(self) -> bool:
        """Whether students can start from it."""
        return self.result() is not None and self.has_checkpoint()

    def has_checkpoint(self) -> bool:
        """Whether the last checkpoint lies in the work dir."""
        return last_checkpoint(self.folder) == str(self.checkpoint) and self._has_started()

    def train(self) -> Result:
        """Train, or go on where a training stopped, and write the result.

        Raises:
            InputError: The training failed, for which the last line of its log gives the reason,
                or another process is running it.
        """
        if not self._is_finished():
            self._train()
        result = Result.of_training(self.folder, self.epochs)
        results = self.study.results
        file = results / f'{self.name}_{self.digest}.json'
        result.write(file)
        for outdated in results.glob(f'{self.name}_{"?" * DIGITS}.json'):
            if outdated != file:
                outdated.unlink()
        return result

    def _train(self) -> None:
        config = self.config_file
        goes_on = self._has_started() and last_checkpoint(self.folder) is not None
        # Without its config it is not the folder of a study, and train.py refuses it.
        if self.folder.is_dir() and config.is_file() and not goes_on:
            with locked(self.folder):
                shutil.rmtree(self.folder, ignore_errors=True)
        make_folder(self.folder, '--work-dir')
        log = self.folder / 'output.txt'
        text = self._first_line() + self.training_config().pretty_text
        with writing(self.folder):
            write_atomically(config, text.encode())  # without its first line the run would be lost
            out = log.open('a')
        with out:
            start = out.tell()
            code = call(
                [sys.executable, TRAIN, config, '--work-dir', self.folder, *['--resume'] * goes_on],
                stdout=out,
                stderr=subprocess.STDOUT,
                env=os.environ | dict(OMP_NUM_THREADS='1'),
            )
        if code:
            with log.open() as file:
                file.seek(start)
                lines = file.read().strip().splitlines() or ['no output']
            # Another training in this folder may have written the last line.
            last = ([line for line in lines if line.startswith('error: ')] or lines)[-1]
            killed = f'ended by signal {-code}' + ', perhaps for lack of memory' * (code == -9)
            reason = killed if code < 0 else last
            raise InputError(
                f'{log}: the training failed ({reason}); correct that, finished runs are kept'
            )
        if not self._is_finished():
            raise InputError(
                f'{self.folder}: the training has left no {self.checkpoint.name}, or no '
                'validation of it; let its config save and validate after every epoch'
            )

    def _has_started(self) -> bool:
        """Whether what lies in the work dir is of this training."""
        config = self.config_file
        return config.is_file() and config.read_text().startswith(self._first_line())

    def _is_finished(self) -> bool:
        """Whether the last checkpoint is there, and a validation after every epoch."""
        if not self.has_checkpoint():
            return False
        validated = [row['step'] for row in read_scalars(self.folder).val]
        return validated == list(range(1, self.epochs + 1))

    def training_config(self) -> Config:
        """With the teacher's checkpoint where it lies, or will lie."""
        if self.teacher is None:
            return self.config()
        return self.config(str(self.teacher.checkpoint))

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


def _fill(value: object, teacher: str) -> object:
    return value.replace('{teacher}', teacher) if isinstance(value, str) else value


def scale_schedule(cfg: Config, epochs: int) -> None:
    """Let ``cfg`` train for ``epochs``, and its learning rate follow the same curve over them."""
    factor = epochs / cfg.train_cfg.max_epochs
    cfg.train_cfg.max_epochs = epochs
    for schedule in schedulers_of(cfg):
        scale(schedule, factor)
