"""A study's picture."""

import statistics
from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from study_file import Study
from study_runs import Result, Run

DASHES = '-', '--', ':'  # for each ten rows, as there are ten colours


def curves_picture(study: Study, runs: Sequence[Run]) -> None:
    """Draw training loss and accuracies over the epochs; bands are one standard deviation."""
    results = {label: [run.result() for run in runs if run.label == label] for label in study.rows}
    names = {'loss': 'training loss', 'accuracy': 'accuracy (%)'}
    if all(result.training for found in results.values() for result in found):
        names['training'] = 'accuracy on the training images (%)'
    figure = Figure(figsize=(1.8 + 4.6 * len(names), 4.2), layout='constrained')
    panels = figure.subplots(1, len(names))
    for axes, (curve, title) in zip(panels, names.items(), strict=True):
        _draw(axes, results, curve)
        axes.set(xlabel='epoch', title=title)
        axes.grid(alpha=0.3)
    panels[-1].legend(fontsize='small', loc='center left', bbox_to_anchor=(1, 0.5))
    figure.savefig(study.picture, dpi=90)


def _draw(axes: Axes, results: Mapping[str, Sequence[Result]], name: str) -> None:
    for index, (label, found) in enumerate(results.items()):
        curves = [getattr(result, name) for result in found]
        epochs = range(1, len(curves[0]) + 1)
        means = [statistics.mean(values) for values in zip(*curves, strict=True)]
        color, dashes = f'C{index % 10}', DASHES[index // 10 % len(DASHES)]
        axes.plot(epochs, means, dashes, color=color, label=label, marker='o', markersize=2)
        if len(curves) > 1:
            spread = [statistics.stdev(values) for values in zip(*curves, strict=True)]
            low, high = (
                [mean + sign * s for mean, s in zip(means, spread, strict=True)] for sign in (-1, 1)
            )
            axes.fill_between(epochs, low, high, color=color, alpha=0.12)
