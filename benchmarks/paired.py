"""Means, and differences of values that belong together in pairs."""

import statistics
from collections.abc import Sequence

from scipy.stats import ttest_rel


def mean(values: Sequence[float], digits: int = 2) -> str:
    """The mean with its standard deviation, which one value alone does not have."""
    spread = f' ± {statistics.stdev(values):.{digits}f}' if len(values) > 1 else ''
    return f'{statistics.mean(values):.{digits}f}{spread}'


def interval(values: Sequence[float], base: Sequence[float], digits: int = 2) -> str:
    """The mean of the paired differences with its 95 % interval, by the t distribution.

    One side may have fewer values than the other; those that both have count. A single pair
    has no interval, nor have equal differences.
    """
    pairs = list(zip(values, base, strict=False))
    differences = [a - b for a, b in pairs]
    text = f'{statistics.mean(differences):+.{digits}f}'
    if len({round(difference, 9) for difference in differences}) > 1:
        low, high = ttest_rel(*zip(*pairs, strict=True)).confidence_interval()
        text += f' ± {(high - low) / 2:.{digits}f}'
    return text.replace('-', '−')
