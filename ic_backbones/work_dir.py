"""What mmengine leaves in the work dir of a run: checkpoints and logged scalars."""

import json
from pathlib import Path
from typing import NamedTuple

from .errors import InputError


class Scalars(NamedTuple):
    """What a run logged, in the order of its steps.

    Attributes:
        train: One dict per logged iteration, with ``iter`` (from 1), losses, and ``epoch`` (from 1)
            where the run counts epochs.
        val: One dict per validation, with ``step`` (epoch or iteration) and the metrics.
    """

    train: list[dict]
    val: list[dict]


def last_checkpoint(work_dir: str | Path) -> str | None:
    """The checkpoint to resume from: the last that was written whole, if it is still there."""
    note = Path(work_dir) / 'last_checkpoint'
    if not note.is_file():
        return None
    # The note holds the path of the time of writing: a work dir that was moved or copied goes on
    # from its own files. Only a CheckpointHook with an out_dir has written elsewhere.
    written = Path(note.read_text().strip())
    for path in (note.parent / written.name, written):
        if path.is_file():
            return str(path)
    return None


def read_scalars(work_dir: str | Path) -> Scalars:
    """Read ``<timestamp>/vis_data/scalars.json`` of every start of a run, joined into one.

    A start that resumed replaces what the earlier ones logged from its first iteration on, so a run
    that began anew in the same work dir replaces the earlier one whole.

    Raises:
        InputError: ``work_dir`` is not there, holds no log with a loss, or a broken one.
    """
    work_dir = Path(work_dir)
    if not work_dir.is_dir():
        raise InputError(f'{work_dir}: no such work dir; give the --work-dir of a training')
    rows: list[dict] = []
    for log in sorted(work_dir.glob('*/vis_data/scalars.json')):
        new = _read_rows(log)
        first = next((row['iter'] for row in new if 'iter' in row), None)
        if first is not None:
            later = (index for index, row in enumerate(rows) if row.get('iter', 0) >= first)
            rows = rows[: next(later, len(rows))] + new
    train = [row for row in rows if 'iter' in row and 'loss' in row]
    val = [row for row in rows if 'iter' not in row]
    if not train:
        raise InputError(
            f'{work_dir}: no */vis_data/scalars.json with a loss in it; give the work dir of a '
            'training that reached its first logged iteration'
        )
    return Scalars(train, val)


def _read_rows(log: Path) -> list[dict]:
    rows = []
    for number, line in enumerate(log.read_text().splitlines(keepends=True), 1):
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            if not line.endswith('\n'):  # Ctrl-C struck while mmengine wrote the last line
                break
            raise InputError(
                f'{log}: line {number} is not JSON ({error}); delete that line'
            ) from error
        if not isinstance(row, dict):
            raise InputError(f'{log}: line {number} is not a JSON object; delete that line')
        rows.append(row)
    return rows
