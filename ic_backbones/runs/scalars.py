"""The scalars that mmengine has logged in the work dir of a run."""

import json
import re
from pathlib import Path
from typing import NamedTuple

from ..errors import InputError
from ..regular_file import require_regular

# The figures that a detector or a classifier is judged by: 'pascal_voc/mAP', 'coco/bbox_mAP',
# 'accuracy/top1'; not 'coco/bbox_mAP_50'.
METRIC = re.compile(r'(mAP|accuracy/top1)$')
TRAINING = 'accuracy_top-1'  # on the training images, by a head with cal_acc
LARGEST = 1e100  # a picture of greater values overflows


class Scalars(NamedTuple):
    """What a run logged, in the order of its steps.

    Attributes:
        train: One dict per logged iteration, with ``iter`` (from 1), losses, and ``epoch`` (from 1)
            where the run counts epochs.
        val: One dict per validation, with ``step`` (epoch or iteration) and the metrics.
    """

    train: list[dict]
    val: list[dict]


def read_scalars(work_dir: str | Path) -> Scalars:
    """Read ``<timestamp>/vis_data/scalars.json`` of every start of a run, joined into one.

    A resumed start replaces what earlier ones logged from its first epoch on, or from its first
    iteration if the run counts only these, so that a run that started again in the same work dir
    replaces the earlier one completely.

    Raises:
        InputError: ``work_dir`` does not exist, holds no log with a loss, or a broken one.
    """
    work_dir = Path(work_dir)
    if not work_dir.is_dir():
        raise InputError(f'{work_dir}: this work dir does not exist; give that of a training')
    rows: list[dict] = []
    for log in sorted(work_dir.glob('*/vis_data/scalars.json')):
        new = _read_rows(log)
        first = next((row for row in new if 'iter' in row), None)
        if first is not None:
            unit = 'epoch' if 'epoch' in first else 'iter'
            later = (index for index, row in enumerate(rows) if row.get(unit, 0) >= first[unit])
            rows = rows[: next(later, len(rows))]
        rows += new
    train = [row for row in rows if 'iter' in row and 'loss' in row]
    val = [row for row in rows if 'iter' not in row and 'step' in row]
    if not train:
        raise InputError(
            f'{work_dir}: it has no */vis_data/scalars.json with a loss; give the work dir of a '
            'training that has reached its first logged iteration'
        )
    return Scalars(train, val)


def _read_rows(log: Path) -> list[dict]:
    rows = []
    try:
        require_regular(log)
        # A byte that is not UTF-8 becomes a character that no JSON has outside of its strings.
        text = log.read_text(encoding='utf-8', errors='replace')
    except (OSError, ValueError) as error:
        raise InputError(f'{log}: {error}; remove it, or give another run') from error
    for number, line in enumerate(text.splitlines(keepends=True), 1):
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            if not line.endswith('\n'):  # Ctrl-C came while mmengine was writing the last line
                break
            raise InputError(
                f'{log}: line {number} is not JSON ({error}); delete that line'
            ) from error
        if not isinstance(row, dict):
            raise InputError(f'{log}: line {number} is not a JSON object; delete that line')
        for key, value in row.items():
            if not _fits(key, value):
                raise InputError(
                    f'{log}: line {number} has {key} = {str(value)[:40]}, which cannot be drawn; '
                    'delete that line'
                )
        rows.append(row)
    return rows


def _fits(key: str, value: object) -> bool:
    """Whether what is drawn is a number; NaN leaves a gap."""
    if key in ('iter', 'epoch', 'step'):
        return isinstance(value, int) and 0 <= value < LARGEST and (key, value) != ('epoch', 0)
    if key in ('loss', TRAINING) or METRIC.search(key):
        return isinstance(value, int | float) and not abs(value) > LARGEST
    return True
