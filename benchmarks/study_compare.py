"""A study's table and picture."""

import statistics
from collections.abc import Callable, Mapping, Sequence
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
Loss: mean training loss of the last epoch. Step, parameters, multiply-adds: the time of a training
step, and the size of the network, over those of "against"."""
TRAINED = """
Training: percent of the training images, as they are augmented, during the last epoch."""
EQUAL_TIME = """
Equal time: the row trained for about as long as its first "against"; in brackets, its epochs."""
TOGETHER = """\
Several pairs of rows together: mean of the differences, row less "against", with its 95 % interval
(paired t) over all pairs of runs with the same seed."""


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


def table(
    study: Study,
    runs: Sequence[Run],
    timed: Sequence[Run],
    costs: Mapping[str, float],
    sizes: Mapping[str, tuple[int, int]],
) -> str:
    """The Markdown table below its caption, one line per comparison."""
    seeds = 1 + max(run.seed for run in runs)
    head = ['network', 'against', 'accuracy (%)', 'difference', 'loss', 'difference']
    head += ['step', 'parameters', 'multiply-adds']
    trained = all(run.result().training for run in runs)
    head += ['training (%)', 'difference'] if trained else []
    head += ['equal time', 'difference'] if timed else []
    known = {name: (costs.get(name), *sizes.get(name, (None, None))) for name in study.rows}
    lines = [head, ['---'] * len(head)]
    for label, against in study.comparisons():
        own, base = (_of(name, runs) for name in (label, against))
        line = [label, '–' if label == against else against]
        for pick, digits in ((_accuracy, 2), (_loss, 3)):
            line += _compared(pick, own, base, digits, label == against)
        line += map(_ratio, known[label], known[against])
        if trained:
            line += _compared(_trained, own, base, 2, label == against)
        if timed:  # for the time of the first one
            own = _of(label, timed) if against == study.against(label)[0] else []
            line += _equal_time(own, base, label == against)
        lines.append(line)
    text = CAPTION.format(seeds=seeds)
    text += TRAINED if trained else ''
    text += EQUAL_TIME if timed else ''
    return text + '\n\n' + _markdown(lines)


def together_table(study: Study, runs: Sequence[Run]) -> str:
    """The Markdown table below its caption, one line per question of ``study.together``."""
    picks = {'accuracy': (_accuracy, 2), 'loss': (_loss, 3)}
    if all(run.result().training for run in runs):
        picks['training'] = (_trained, 2)
    lines = [['question', 'pairs of runs', *picks], ['---'] * (2 + len(picks))]
    for question, labels in study.together.items():
        pairs = [pair for own, base in labels for pair in _pairs(own, base, runs)]
        line = [question, f'{len(pairs)}']
        for pick, digits in picks.values():
            values = [[pick(run) for run in side] for side in zip(*pairs, strict=True)]
            line.append(interval(*values, digits))
        lines.append(line)
    return TOGETHER + '\n\n' + _markdown(lines)


def _pairs(own: str, base: str, runs: Sequence[Run]) -> list[tuple[Run, Run]]:
    """The runs of two rows whose seeds both have."""
    return list(zip(_of(own, runs), _of(base, runs), strict=False))


def _compared(
    pick: Callable[[Run], float],
    own: Sequence[Run],
    base: Sequence[Run],
    digits: int,
    is_base: bool,
) -> list[str]:
    values, compared = ([pick(run) for run in runs] for runs in (own, base))
    return [_mean(values, digits), '–' if is_base else interval(values, compared, digits)]


def _ratio(value: float | None, base: float | None) -> str:
    return f'{value / base:.2f}' if value and base else '–'


def _equal_time(own: Sequence[Run], base: Sequence[Run], is_base: bool) -> list[str]:
    if not own:
        return ['–', '–']
    values = [_accuracy(run) for run in own]
    cells = [f'{_mean(values, 2)} ({own[0].epochs})']
    return [*cells, '–' if is_base else interval(values, [_accuracy(run) for run in base])]


def _markdown(lines: Sequence[Sequence[str]]) -> str:
    return '\n'.join(f'| {" | ".join(line)} |' for line in lines)


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
