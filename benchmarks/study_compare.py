"""A study's tables."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from paired import interval, mean
from study_costs import Costs
from study_file import Study
from study_runs import Run

ACCURACY = (lambda run: run.result().accuracy[-1], 2)  # what is compared of a run; its digits
CAPTION = """\
Seeds: {seeds}. Accuracy: percent of test images after the last epoch (of a detector, the mAP in
percent), mean ± standard deviation.
Difference: mean of the difference from "against", with its 95 % interval (paired t), over the seeds
that both have; a row may have fewer.
Loss: mean of the training losses that were logged in the last epoch. Step time, parameters,
multiply-adds: the time of a training step, and the size of the network, over those of "against"."""
TRAINED = """
Training: percent of the augmented training images that the network classifies correctly while it
learns, over the last epoch up to its last log."""
EQUAL_TIME = """
Equal time: the row trained for about as long as its first "against"; in brackets, its epochs and
its training time over that of "against"."""
TOGETHER = """\
Several pairs of rows together: mean of the differences, row less "against", with its 95 % interval
(paired t) over all pairs of runs with the same seed. It treats them as independent, and holds for
these networks only."""


def caption(runs: Sequence[Run], timed: Sequence[Run]) -> str:
    """What stands above the table of a study."""
    text = CAPTION.format(seeds=1 + max(run.seed for run in runs))
    return text + TRAINED * _trained(runs) + EQUAL_TIME * bool(timed)


def table(study: Study, runs: Sequence[Run], timed: Sequence[Run], costs: Costs) -> list[list[str]]:
    """One line per comparison, below the names of the columns."""
    picks = _picks(runs)
    training = picks.pop('training (%)', None)
    head = ['network', 'against']
    for name in picks:
        head += [name, 'difference']
    head += ['step time', 'parameters', 'multiply-adds']
    head += ['training (%)', 'difference'] if training else []
    head += ['equal time', 'difference'] if timed else []
    lines = [head]
    for label, against in study.comparisons():
        compared = partial(_compared, _of(label, runs), _of(against, runs), label == against)
        line = [label, '–' if label == against else against]
        for pick in picks.values():
            line += compared(*pick)
        line += map(_ratio, costs.of(label), costs.of(against))
        line += compared(*training) if training else []
        if timed:  # for the time of the first one
            is_first = against == study.against(label)[0]
            own, base = _of(label, timed if is_first else []), _of(against, runs)
            line += _equal_time(own, base, label == against, costs.steps) if own else ['–', '–']
        lines.append(line)
    return lines


def together_table(study: Study, runs: Sequence[Run]) -> list[list[str]]:
    """One line per question of ``study.together``, below the names of the columns."""
    picks = _picks(runs)
    lines = [['question', 'pairs of runs', *picks]]
    for question, labels in study.together.items():
        pairs = [pair for own, base in labels for pair in _pairs(own, base, runs)]
        sides = list(zip(*pairs, strict=True))
        lines.append([question, f'{len(pairs)}'])
        for pick, digits in picks.values():
            lines[-1].append(interval(*([pick(run) for run in side] for side in sides), digits))
    return lines


def markdown(lines: Sequence[Sequence[str]]) -> str:
    """``lines``, the first of which is the head, as a table in Markdown."""
    head, *body = (f'| {" | ".join(line)} |' for line in lines)
    return '\n'.join([head, f'|{"---|" * len(lines[0])}', *body])


def _picks(runs: Sequence[Run]) -> dict[str, tuple[Callable[[Run], float], int]]:
    """What is compared of a run, and its digits."""
    picks = {
        'accuracy (%)': ACCURACY,
        'loss': (lambda run: run.result().loss[-1], 3),
    }
    if _trained(runs):
        picks['training (%)'] = (lambda run: run.result().training[-1], 2)
    return picks


def _trained(runs: Sequence[Run]) -> bool:
    """Whether all have the accuracy on the training images."""
    return all(run.result().training for run in runs)


def _pairs(own: str, base: str, runs: Sequence[Run]) -> list[tuple[Run, Run]]:
    """The runs of two rows whose seeds both have."""
    return list(zip(_of(own, runs), _of(base, runs), strict=False))


def _of(label: str, runs: Sequence[Run]) -> list[Run]:
    return [run for run in runs if run.label == label]


def _compared(
    own: Sequence[Run],
    base: Sequence[Run],
    is_base: bool,
    pick: Callable[[Run], float],
    digits: int,
) -> list[str]:
    values, compared = ([pick(run) for run in runs] for runs in (own, base))
    return [mean(values, digits), '–' if is_base else interval(values, compared, digits)]


def _ratio(value: float | None, base: float | None) -> str:
    return f'{value / base:.2f}' if value and base else '–'


def _equal_time(
    own: Sequence[Run], base: Sequence[Run], is_base: bool, steps: Mapping[str, float]
) -> list[str]:
    accuracy, difference = _compared(own, base, is_base, *ACCURACY)
    time, of_base = (runs[0].epochs * steps[runs[0].label] for runs in (own, base))
    return [f'{accuracy} (epochs: {own[0].epochs}, time: {time / of_base:.2f})', difference]
