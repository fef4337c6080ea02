"""Accuracy valleys in hand-made curves and in the paper's own."""

from pathlib import Path

import pytest

from ic_backbones.runs.curves import read_curves
from ic_backbones.runs.valleys import Valley, find_valleys

CURVES = Path(__file__).parents[2] / 'docs' / 'curves'
FALLING = [9, 8, 7, 6, 5, 4, 3]


def test_a_valley_and_dips_that_are_none():
    accuracy = [1, 5, 4.5, 2, 3, 6, 5.9]
    assert find_valleys(accuracy, FALLING) == [Valley(rim=1, bottom=3, end=5, depth=0.6)]
    assert find_valleys(accuracy, FALLING, threshold=0.61) == []
    assert find_valleys(accuracy, FALLING[::-1]) == []  # the loss rises: a divergence
    assert find_valleys([1, 2, 3, 4], FALLING) == []


def test_a_valley_that_has_not_ended():
    assert find_valleys([5, 2, 3], FALLING) == [Valley(rim=0, bottom=1, end=2, depth=0.6)]


@pytest.mark.parametrize(
    'data, rim, bottom, end, depth',
    [('CIFAR-10', 8, 21, 27, 0.608), ('CALTECH-256', 21, 35, 39, 0.801)],
)
def test_the_papers_curves(data, rim, bottom, end, depth):
    """Each of SfNet's curves has one; VGG's dip on CIFAR-10 comes with a rising loss."""
    table = CURVES / f'structure_composing_{data.lower().replace("-", "")}.csv'
    found = list(read_curves([table]).valleys())
    assert [name for name, *_ in found] == [f'SfNet {data} (paper)']
    _, curve, valley = found[0]
    assert [curve[i][0] for i in (valley.rim, valley.bottom, valley.end)] == [rim, bottom, end]
    assert valley.depth == pytest.approx(depth, abs=0.001)
