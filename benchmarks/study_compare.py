"""A study's table and picture."""

import statistics
from collections.abc import Callable, Sequence
from pathlib import Path

from matplotlib.figure import Figure
from scipy.stats import ttest_rel
from study_file import Study
from study_runs import Run

CAPTION = """\
Seeds: {seeds}. Accuracy: percent of test images after the last epoch (of a detector, the mAP in
percent), mean ± standard deviation.
Difference: mean of the difference to "against", with its 95 % interval (paired t), over the seeds
that both have; a row may have fewer.
Loss: mean training loss of the last epoch. Step: time of a training step over that of "against"."""
TRAINED = """
Training: percent of the training images, as they are augmented, during the last epoch."""
EQUAL_TIME = """
Equal time: the row trained for about as long as its first "against"; in brackets, its epochs."""


def interval(values: Sequence[float], base: Sequence[float], digits: int = 2) -> str:
    """The mean of the paired differences with its 95 % interval, by the t distribution.

    A row may have fewer seeds than the other; those that both have count.
    """
    pairs = list(zip(values, base, strict=False))
    differences = [a - b for a, b in pairs]
    mean = statistics.mean(differences)
    if len({round(difference, 9) for difference in differences}) == 1:
        return f'{mean:+.{digits}f}'  # one pair, or equal ones: the t test has no answer
    low, high = ttest_rel(*zip(*pairs, strict=True)).confidence_interval()
    return f'{mean:+.{digits}f} ± {(high - low) / 2:.{digits}f}'


def table(study: Study, runs: Sequence[Run], timed: Sequence[Run], costs: dict[str, float]) -> str:
    """The Markdown table below its caption, one line per comparison."""
    seeds = 1 + max(run.seed for run in runs)
    head = ['network', 'against', 'accuracy (%)', 'difference', 'loss', 'difference', 'step']
    trained = all(run.result().training for run in runs)
    head += ['training (%)', 'difference'] if trained else []
    head += ['equal time', 'difference'] if timed else []
    lines = [head, ['---'] * len(head)]
    for label, against in study.comparisons():
        own, base = (_of(name, runs) for name in (label, against))
        line = [label, '–' if label == against else against]
        for pick, digits in ((_accuracy, 2), (_loss, 3)):
            line += _compared(pick, own, base, digits, label == against)
        known = label in costs and against in costs
        line.append(f'{costs[label] / costs[against]:.2f}' if known else '–')
        if trained:
            line += _compared(_trained, own, base, 2, label == against)
        if timed:  # for the time of the first one
            own = _of(label, timed) if against == study.against(label)[0] else []
            line += _equal_time(own, base, label == against)
        lines.append(line)
    text = CAPTION.format(seeds=seeds)
    text += TRAINED if trained else ''
    text += EQUAL_TIME if timed else ''
    return text + '\n\n' + '\n'.join(f'| {" | ".join(line)} |' for line in lines)


def _compared(
    pick: Callable[[Run], float],
    own: Sequence[Run],
    base: Sequence[Run],
    digits: int,
    is_base: bool,
) -> list[str]:
    values, compared = ([pick(run) for run in runs] for runs in (own, base))
    return [_mean(values, digits), '–' if is_base else interval(values, compared, digits)]


def _equal_time(own: Sequence[Run], base: Sequence[Run], is_base: bool) -> list[str]:
    if not own:
        return ['–', '–']
    values = [_accuracy(run) for run in own]
    cells = [f'{_mean(values, 2)} ({own[0].epochs})']
    return [*cells, '–' if is_base else interval(values, [_accuracy(run) for run in base])]


def _of(label: str, runs: Sequence[Run]) -> list[Run]:
    return [run for run in runs if run.label == label]


def _accuracy(run: Run) -> float:
    return run.result().accuracy[-1]


def _trained(run: Run) -> float:
    return run.result().training[-1]


def _loss(run: Run) -> float:
    return run.result().loss[-1]


def _mean(values: Sequence[float], digits: int) -> str:
    spread = f' ± {statistics.stdev(values):.{digits}f}' if len(values) > 1 else ''
    return f'{statistics.mean(values):.{digits}f}{spread}'


def curves_picture(study: Study, runs: Sequence[Run], out: Path) -> None:
    """Draw training loss and accuracy over the epochs; bands are one standard deviation."""
    figure = Figure(figsize=(11, 4.2), layout='constrained')
    panels = figure.subplots(1, 2)
    for index, label in enumerate(study.rows):
        results = [run.result() for run in _of(label, runs)]
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
    out.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(out, dpi=90)
