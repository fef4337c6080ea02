"""A study's picture."""

import io
import statistics
from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from study_file import Study
from study_result import Result
from study_runs import Run

from ic_backbones.atomic_write import write_atomically
from ic_backbones.errors import writing

DASHES = '-', '--', ':'  # for each ten rows, as there are ten colours


def curves_picture(study: Study, runs: Sequence[Run]) -> None:
    """Draw training loss and accuracies over the epochs; bands are one standard deviation.

    Each row shares a line of panels with the first row that it is compared with.
    """
    results = {label: [run.result() for run in runs if run.label == label] for label in study.rows}
    detectors = {run.label for run in runs if run.is_detector}
    curves = ['loss', 'accuracy']
    if all(result.training for found in results.values() for result in found):
        curves.append('training')
    families = study.families()
    size = 1.8 + 4.6 * len(curves), 0.4 + 3.8 * len(families)
    figure = Figure(figsize=size, layout='constrained')
    lines = figure.subplots(len(families), len(curves), squeeze=False)
    for labels, panels in zip(families, lines, strict=True):
        found = {label: results[label] for label in labels}
        for axes, curve in zip(panels, curves, strict=True):
            _draw(axes, found, curve)
            axes.set(title=_title(curve, labels[0] in detectors))
        panels[-1].legend(fontsize='small', loc='center left', bbox_to_anchor=(1, 0.5))
    for axes in lines[-1]:
        axes.set(xlabel='epoch')
    image = io.BytesIO()
    figure.savefig(image, format='png', dpi=80)
    with writing(study.picture):
        write_atomically(study.picture, image.getvalue())


def _title(curve: str, of_detectors: bool) -> str:
    titles = {
        'loss': 'training loss',
        'accuracy': 'mAP (%)' if of_detectors else 'accuracy (%)',
        'training': 'accuracy on the training images (%)',
    }
    return titles[curve]


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
    axes.grid(alpha=0.3)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
