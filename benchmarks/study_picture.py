"""A study's picture."""

import statistics
from collections.abc import Sequence

from matplotlib.figure import Figure
from study_file import Study
from study_runs import Run


def curves_picture(study: Study, runs: Sequence[Run]) -> None:
    """Draw training loss and accuracy over the epochs; bands are one standard deviation."""
    figure = Figure(figsize=(11, 4.2), layout='constrained')
    panels = figure.subplots(1, 2)
    for index, label in enumerate(study.rows):
        results = [run.result() for run in runs if run.label == label]
        style = dict(color=f'C{index % 10}', linestyle='-' if index < 10 else '--')
        for axes, curves in zip(
            panels,
            ([result.loss for result in results], [result.accuracy for result in results]),
            strict=True,
        ):
            epochs = range(1, len(curves[0]) + 1)
            means = [statistics.mean(values) for values in zip(*curves, strict=True)]
            axes.plot(epochs, means, label=label, marker='o', markersize=2, **style)
            if len(curves) > 1:
                spread = [statistics.stdev(values) for values in zip(*curves, strict=True)]
                low, high = (
                    [mean + sign * s for mean, s in zip(means, spread, strict=True)]
                    for sign in (-1, 1)
                )
                axes.fill_between(epochs, low, high, color=style['color'], alpha=0.12)
    for axes, title in zip(panels, ('training loss', 'accuracy (%)'), strict=True):
        axes.set(xlabel='epoch', title=title)
        axes.grid(alpha=0.3)
    panels[1].legend(fontsize='small', loc='center left', bbox_to_anchor=(1, 0.5))
    study.picture.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(study.picture, dpi=90)
