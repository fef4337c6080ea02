"""Loss, and mAP or accuracy, of training runs over the epochs, as a picture and as a table."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from matplotlib.figure import Figure

from ..errors import InputError, writing
from .curve_table import Curve, is_table, read_table, write_table
from .scalars import METRIC, TRAINING, Scalars, read_scalars
from .valleys import Valley, find_valleys


@dataclass(frozen=True)
class Curves:
    """The curves of several runs over one axis.

    Attributes:
        unit: What the axis counts, ``'epoch'`` or ``'iteration'``.
        metric: The name of the validation metric; None if no run has had a validation yet.
        losses: The training loss of each run, by the run's name.
        metrics: The validation metric of each run; empty before its first validation.
        training: The accuracy on the training images, since the start of the epoch, of each run;
            empty where the head does not log it (``cal_acc``).
    """

    unit: str
    metric: str | None
    losses: dict[str, Curve]
    metrics: dict[str, Curve]
    training: dict[str, Curve]

    def named(self) -> Iterator[tuple[str, str, Curve]]:
        """Run, what is drawn, and curve, for every curve with a point."""
        for run, losses in self.losses.items():
            yield run, 'loss', losses
            if self.metrics[run]:
                yield run, self.metric, self.metrics[run]
            if self.training[run]:
                yield run, TRAINING, self.training[run]

    def valleys(self) -> Iterator[tuple[str, Curve, Valley]]:
        """Run, metric and valley, for every accuracy valley (:mod:`ic_backbones.runs.valleys`)."""
        for run, curve in self.metrics.items():
            ends = [x for x, _ in curve]
            losses = [
                [loss for x, loss in self.losses[run] if start < x <= end]
                for start, end in zip([0, *ends], ends, strict=False)
            ]
            if all(losses):
                means = [sum(values) / len(values) for values in losses]
                for valley in find_valleys([value for _, value in curve], means):
                    yield run, curve, valley


def read_curves(runs: Sequence[str | Path]) -> Curves:
    """Read the curves of ``runs``.

    Args:
        runs: Work dirs of training runs, where a resumed one is one run, or tables that
            :func:`plot` has written.

    Raises:
        InputError: A run has no log, or the runs share no axis or no metric.
    """
    scalars = _read(runs)
    unit, metric = _common_unit(scalars), _common_metric(scalars)
    return Curves(
        unit,
        metric,
        losses={name: _logged(run, unit, 'loss') for name, run in scalars.items()},
        metrics={
            name: [(row['step'], row[metric]) for row in run.val if metric in row]
            for name, run in scalars.items()
        },
        training={name: _logged(run, unit, TRAINING) for name, run in scalars.items()},
    )


def plot(curves: Curves, out: str | Path) -> tuple[Path, Path]:
    """Draw the training loss and the validation metric into one picture, with shaded valleys.

    An accuracy on the training images is a dotted line next to that of the validation.

    Args:
        curves: What :func:`read_curves` returned.
        out: The picture, ``.png``. The same values go to a ``.csv`` next to it, one row per point:
            ``run, epoch (or iteration), name, value``.

    Returns:
        The two files.

    Raises:
        InputError: ``out`` is not a ``.png`` file or cannot be written, or the ``.csv`` file is
            there and not such a table.
    """
    out = Path(out)
    if out.suffix != '.png':
        raise InputError(f'{out}: this is not a .png file; give the picture such a name')
    table = out.with_suffix('.csv')
    if table.exists() and not is_table(table):
        raise InputError(
            f'{table}: is not a table that this tool has written; choose another --out'
        )
    with writing(out, 'choose another --out'):
        out.parent.mkdir(parents=True, exist_ok=True)
        write_table(table, curves.unit, curves.named())
        draw(curves).savefig(out, dpi=150)
    return out, table


def _read(runs: Sequence[str | Path]) -> dict[str, Scalars]:
    scalars: dict[str, Scalars] = {}
    for name, path in zip(_names(runs), map(Path, runs), strict=True):
        found = read_table(path) if path.suffix == '.csv' else {name: read_scalars(path)}
        twice = sorted(scalars.keys() & found.keys())
        if twice:
            raise InputError(f'{path}: a run {twice[0]!r} is drawn already; rename one of the two')
        scalars |= found
    return scalars


def _names(runs: Sequence[str | Path]) -> list[str]:
    """The runs' directory names, or their whole paths where two have the same name."""
    names = [Path(run).resolve().name for run in runs]
    if len(set(names)) < len(names):
        names = [str(run) for run in runs]
    if len(set(names)) < len(names):
        raise InputError(f'{max(names, key=names.count)}: this run is given twice; leave one out')
    return names


def _common_unit(scalars: dict[str, Scalars]) -> str:
    units = {
        name: 'epoch' if all('epoch' in row for row in run.train) else 'iteration'
        for name, run in scalars.items()
    }
    if len(set(units.values())) > 1:
        raise InputError(
            f'the runs: {", ".join(f"{name} counts {unit}s" for name, unit in units.items())}; '
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
    shown = ', '.join(f'{name}: {" and ".join(keys) or "none"}' for name, keys in found.items())
    raise InputError(
        f'the runs: their logs share no mAP or accuracy ({shown}); draw runs of the same evaluator'
    )


def _logged(run: Scalars, unit: str, key: str) -> Curve:
    """What the training logged as ``key``."""
    if unit == 'iteration':
        return [(row['iter'], row[key]) for row in run.train if key in row]
    # The logs hold no epoch length; the last line of an epoch comes closest to it.
    length = max(row['iter'] / row['epoch'] for row in run.train)
    return [(round(row['iter'] / length, 4), row[key]) for row in run.train if key in row]


def as_text(name: str) -> str:
    """A name for matplotlib, which would read $ as mathematics and leave _ out of a legend."""
    return re.sub('^_', ' _', name.replace('$', r'\$'))


def draw(curves: Curves) -> Figure:
    """Training loss and validation metric side by side, with shaded valleys."""
    keys = ['loss'] if curves.metric is None else ['loss', curves.metric]
    figure = Figure(figsize=(5.5 * len(keys), 4), layout='constrained')
    panels = dict(zip(keys, figure.subplots(1, len(keys), squeeze=False)[0], strict=True))
    colors = {}
    for run, name, curve in curves.named():
        points = zip(*curve, strict=True)
        if name == TRAINING:
            if curves.metric is not None:
                color = colors.get((run, curves.metric))
                panels[curves.metric].plot(
                    *points, ':', color=color, label=as_text(f'{run}, training')
                )
            continue
        marker = 'o' if len(curve) < 30 else None
        (line,) = panels[name].plot(*points, marker=marker, markersize=3, label=as_text(run))
        colors[run, name] = line.get_color()
    for run, curve, valley in curves.valleys():
        span = curve[valley.rim][0], curve[valley.end][0]
        panels[curves.metric].axvspan(*span, color=colors[run, curves.metric], alpha=0.12)
    for name, axes in panels.items():
        axes.set(
            xlabel=curves.unit, title='training loss' if name == 'loss' else f'validation {name}'
        )
        axes.set_xlim(left=0)
        if name != 'loss':
            axes.set_ylim(bottom=0)
        axes.grid(alpha=0.3)
        axes.legend()
    return figure
