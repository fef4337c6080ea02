"""What a finished training leaves: a small file that is kept."""

import json
import math
import statistics
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from ic_backbones.atomic_write import write_atomically
from ic_backbones.errors import InputError, one_line, writing
from ic_backbones.runs.scalars import METRIC, TRAINING, read_scalars


@dataclass(frozen=True)
class Result:
    """The curves of a training.

    Attributes:
        accuracy: Percent of the test images after each epoch; of a detector, the mAP in percent.
        loss: Mean of the training loss that was logged during each epoch.
        training: Percent of the training images during each epoch; None where the head does not log
            it.
    """

    accuracy: list[float]
    loss: list[float]
    training: list[float] | None = None

    @classmethod
    def of_training(cls, folder: Path, epochs: int) -> 'Result':
        """The result of the finished training in a work dir.

        Raises:
            InputError: Its log lacks an accuracy or a loss.
        """
        log = read_scalars(folder)
        rows = [[row for row in log.train if row['epoch'] == 1 + epoch] for epoch in range(epochs)]
        losses = [[row.get('loss', math.nan) for row in each] or [math.nan] for each in rows]
        content = dict(
            accuracy=[round(_accuracy(row, folder), 3) for row in log.val],
            loss=[round(statistics.mean(each), 4) for each in losses],
        )
        if all(each and TRAINING in each[-1] for each in rows):
            content['training'] = [round(each[-1][TRAINING], 3) for each in rows]
        try:
            return cls._of(content, epochs)
        except ValueError as error:
            raise InputError(
                f'{folder}: the log of its training is not complete ({error}); delete the folder '
                'to train again'
            ) from error

    @classmethod
    def read(cls, file: Path, epochs: int) -> 'Result':
        """The result that a file holds.

        Raises:
            InputError: It is not one that :meth:`write` has written, or not of so many epochs.
        """
        try:
            return cls._of(json.loads(file.read_text(encoding='utf-8')), epochs)
        except (OSError, ValueError, TypeError) as error:
            raise InputError(
                f'{file}: this is not the result of a run ({one_line(error)}); delete it'
            ) from error

    @classmethod
    def _of(cls, content: Mapping[str, list[float] | None], epochs: int) -> 'Result':
        result = cls(**content)
        curves = [result.accuracy, result.loss]
        if result.training is not None:
            curves.append(result.training)
        if any(len(curve) != epochs for curve in curves):
            raise ValueError(f'the curves do not have a value for each of {epochs} epochs')
        if not all(math.isfinite(value) for curve in curves for value in curve):
            raise ValueError('a value is not finite')
        return result

    def write(self, file: Path) -> None:
        with writing(file):
            write_atomically(file, f'{json.dumps(asdict(self))}\n'.encode())


def _accuracy(row: Mapping[str, float], folder: Path) -> float:
    """What a validation found, in percent."""
    name = next((key for key in row if METRIC.search(key)), None)
    if name is None:
        raise InputError(
            f'{folder}: a validation found {", ".join(row)}; give the config an evaluator with mAP '
            'or accuracy/top1'
        )
    return row[name] * (100 if name.endswith('mAP') else 1)
