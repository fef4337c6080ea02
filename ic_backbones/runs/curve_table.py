"""The table of curves that ``tools/plot_curves.py`` writes and reads: one row for each point."""

import csv
from collections.abc import Iterable
from pathlib import Path

from ..errors import InputError, one_line
from ..regular_file import require_regular
from .outputs import first_line
from .scalars import LARGEST, TRAINING, Scalars

Curve = list[tuple[float, float]]


def is_table(path: Path) -> bool:
    """Whether a file begins as :func:`write_table` begins a table."""
    return first_line(path) in [','.join(_head(unit)) for unit in ('epoch', 'iteration')]


def write_table(path: Path, unit: str, curves: Iterable[tuple[str, str, Curve]]) -> None:
    """Write curves as the columns run, ``unit``, name and value.

    Args:
        path: The file to write.
        unit: What the curves count, ``'epoch'`` or ``'iteration'``.
        curves: Run, name and points of each curve; of each run the loss comes first.

    Raises:
        OSError: The file cannot be written.
    """
    with path.open('w', newline='', encoding='utf-8') as file:
        writer = csv.writer(file)
        writer.writerow(_head(unit))
        for run, name, curve in curves:
            writer.writerows((run, x, name, value) for x, value in curve)


def _head(unit: str) -> tuple[str, ...]:
    return 'run', unit, 'name', 'value'


def read_table(path: Path) -> dict[str, Scalars]:
    """Read the runs of a table that :func:`write_table` has written.

    Raises:
        InputError: The file is not such a table.
    """
    scalars: dict[str, Scalars] = {}
    trained: dict[tuple[str, float], dict] = {}  # a loss, and perhaps an accuracy
    try:
        require_regular(path)
        with path.open(newline='', encoding='utf-8') as file:
            rows = csv.DictReader(file)
            unit = 'iteration' if 'iteration' in (rows.fieldnames or ()) else 'epoch'
            for row in rows:
                run = scalars.setdefault(row['run'], Scalars([], []))
                step, value = float(row[unit]), float(row['value'])
                if not 0 <= step < LARGEST or abs(value) > LARGEST:
                    raise ValueError(f'{value:g} at {unit} {step:g} cannot be drawn')
                if row['name'] == 'loss':
                    trained[row['run'], step] = {'iter': step, unit: step, 'loss': value}
                    run.train.append(trained[row['run'], step])
                elif row['name'] == TRAINING:
                    trained[row['run'], step][TRAINING] = value
                else:
                    run.val.append({'step': step, row['name']: value})
    except (OSError, KeyError, ValueError, TypeError, csv.Error) as error:
        raise InputError(
            f'{path}: this is not a table with the columns run, epoch or iteration, name and value '
            f'({one_line(error)}); give one that this tool has written'
        ) from error
    if any(row['iter'] <= 0 for run in scalars.values() for row in run.train):
        raise InputError(
            f'{path}: it has a loss before the first {unit}; give a table that this tool has '
            'written'
        )
    if not all(run.train for run in scalars.values()) or not scalars:
        raise InputError(
            f'{path}: a run in it has no loss; give a table that this tool has written'
        )
    return scalars
