"""Loss and mAP or accuracy of training runs over the epochs, as a picture and as a table."""

import csv
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from matplotlib.figure import Figure

from .errors import InputError, one_line
from .valleys import Valley, find_valleys
from .work_dir import Scalars, read_scalars

# The figures that a detector or a classifier is judged by: 'pascal_voc/mAP', 'coco/bbox_mAP',
# 'accuracy/top1'; not 'coco/bbox_mAP_50'.
METRIC = re.compile(r'(mAP|accuracy/top1)$')


def plot(runs: Sequence[str | Path], out: str | Path) -> tuple[Path, Path]:
    """Draw the training loss and the validation metric of ``runs`` into one picture.

    Accuracy valleys (see :mod:`ic_backbones.valleys`) are shaded.

    Args:
        runs: Work dirs of trainings, a resumed one is one line; or tables that this function wrote.
        out: The picture, ``.png``; the same values go to ``.csv`` beside it, a row a point:
            ``run, epoch (or iteration), name, value``.

    Returns:
        The two files.

    Raises:
        InputError: a run has no log, the runs share no axis or metric, ``out`` cannot be written.
    """
    out = Path(out)
    if out.suffix != '.png':
        raise InputError(f'{out}: the picture must be a .png file')
    scalars = _read(runs)
    unit = _common_unit(scalars)
    metric = _common_metric(scalars)
    points = [
        (name, x, key, value)
        for name, run in scalars.items()
        for key, curve in (('loss', _losses(run, unit)), (metric, _metrics(run, metric)))
        for x, value in curve
    ]
    table = out.with_suffix('.csv')
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with table.open('w', newline='') as file:
            csv.writer(file).writerows([('run', unit, 'name', 'value'), *points])
        _draw(points, list(scalars), unit, metric, runs).savefig(out, dpi=150)
    except OSError as error:
        raise InputError(f'{out}: cannot be written ({error.strerror}); choose --out') from error
    return out, table


def accuracy_valleys(
    runs: Sequence[str | Path],
) -> Iterator[tuple[str, list[tuple[float, float]], Valley]]:
    """The valleys of each run: its name, its (epoch, accuracy) curve and the valley in it.

    Raises:
        InputError: As :func:`plot`.
    """
    scalars = _read(runs)
    unit, metric = _common_unit(scalars), _common_metric(scalars)
    for name, run in scalars.items():
        curve = _metrics(run, metric)
        epochs = [0, *(x for x, _ in curve)]
        losses = [
            [loss for x, loss in _losses(run, unit) if start < x <= end]
            for start, end in zip(epochs, epochs[1:], strict=False)
        ]
        if all(losses):
            means = [sum(values) / len(values) for values in losses]
            for valley in find_valleys([value for _, value in curve], means):
                yield name, curve, valley


def _read(runs: Sequence[str | Path]) -> dict[str, Scalars]:
    scalars: dict[str, Scalars] = {}
    for name, path in zip(_names(runs), map(Path, runs), strict=True):
        found = _read_table(path) if path.suffix == '.csv' else {name: read_scalars(path)}
        twice = sorted(scalars.keys() & found.keys())
        if twice:
            raise InputError(f'{path}: a run {twice[0]!r} is drawn already; rename one of the two')
        scalars |= found
    return scalars


def _read_table(path: Path) -> dict[str, Scalars]:
    """The runs of a table of :func:`plot` that counts epochs."""
    scalars: dict[str, Scalars] = {}
    try:
        with path.open(newline='') as file:
            for row in csv.DictReader(file):
                run = scalars.setdefault(row['run'], Scalars([], []))
                epoch, value = float(row['epoch']), float(row['value'])
                if row['name'] == 'loss':
                    run.train.append(dict(iter=epoch, epoch=epoch, loss=value))
                else:
                    run.val.append({'step': epoch, row['name']: value})
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise InputError(
            f'{path}: no table of curves with the columns run, epoch, name, value '
            f'({one_line(error)}); give one that this tool has written'
        ) from error
    if any(row['epoch'] <= 0 for run in scalars.values() for row in run.train):
        raise InputError(f'{path}: a loss before epoch 1; epochs are counted from 1')
    if not all(run.train for run in scalars.values()) or not scalars:
        raise InputError(
            f'{path}: a run in it has no loss; give a table that this tool has written'
        )
    return scalars


def _names(runs: Sequence[str | Path]) -> list[str]:
    """The runs' directory names, or their whole paths where two have the same name."""
    names = [Path(run).resolve().name for run in runs]
    if len(set(names)) < len(names):
        names = [str(run) for run in runs]
    if len(set(names)) < len(names):
        raise InputError(f'{max(names, key=names.count)}: the same run is given twice')
    return names


def _common_unit(scalars: dict[str, Scalars]) -> str:
    units = {
        name: 'epoch' if 'epoch' in run.train[0] else 'iteration' for name, run in scalars.items()
    }
    if len(set(units.values())) > 1:
        raise InputError(
            f'{", ".join(f"{name} counts {unit}s" for name, unit in units.items())}: '
            'draw them in two pictures'
        )
    return next(iter(units.values()))


def _common_metric(scalars: dict[str, Scalars]) -> str | None:
    """The metric that all runs with a validation have; None if none has had one yet."""
    found = {
        name: [key for key in run.val[-1] if METRIC.search(key)]
        for name, run in scalars.items()
        if run.val
    }
    if not found:
        return None
    first = next(iter(found.values()))
    for key in first:
        if all(key in keys for keys in found.values()):
            return key
    raise InputError(
        'no mAP or accuracy is in the logs of all runs ('
        + '; '.join(f'{name}: {", ".join(keys) or "none"}' for name, keys in found.items())
        + '): draw runs with the same evaluator'
    )


def _losses(run: Scalars, unit: str) -> list[tuple[float, float]]:
    if unit == 'iteration':
        return [(row['iter'], row['loss']) for row in run.train]
    # The logs hold no epoch length; the last line of an epoch comes closest to it.
    length = max(row['iter'] / row['epoch'] for row in run.train)
    return [(round(row['iter'] / length, 4), row['loss']) for row in run.train]


def _metrics(run: Scalars, metric: str | None) -> list[tuple[float, float]]:
    return [(row['step'], row[metric]) for row in run.val if metric in row]


def _draw(
    points: list[tuple],
    runs: list[str],
    unit: str,
    metric: str | None,
    sources: Sequence[str | Path],
) -> Figure:
    keys = ['loss'] if metric is None else ['loss', metric]
    valleys = list(accuracy_valleys(sources)) if metric else []
    figure = Figure(figsize=(5.5 * len(keys), 4), layout='constrained')
    for axes, key in zip(figure.subplots(1, len(keys), squeeze=False)[0], keys, strict=True):
        for run in runs:
            curve = [(x, value) for name, x, found, value in points if (name, found) == (run, key)]
            if not curve:
                continue
            marker = 'o' if len(curve) < 30 else None
            (line,) = axes.plot(*zip(*curve, strict=True), marker=marker, markersize=3, label=run)
            for name, points_of_run, valley in valleys:
                if (name, key) == (run, metric):
                    span = points_of_run[valley.rim][0], points_of_run[valley.end][0]
                    axes.axvspan(*span, color=line.get_color(), alpha=0.12)
        axes.set(xlabel=unit, title='training loss' if key == 'loss' else f'validation {key}')
        axes.set_xlim(left=0)
        if key != 'loss':
            axes.set_ylim(bottom=0)
        axes.grid(alpha=0.3)
        axes.legend()
    return figure
