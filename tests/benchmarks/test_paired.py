"""Means and intervals of paired values."""

import math

from paired import interval, mean


def test_the_interval_is_that_of_the_paired_t_test():
    values, base = [3.0, 5.0, 7.0, 6.0], [1.0, 2.0, 6.0, 2.0]
    differences = [2.0, 3.0, 1.0, 4.0]
    error = math.sqrt(sum((d - 2.5) ** 2 for d in differences) / 3) / 2
    assert interval(values, base) == f'+2.50 ± {3.1824 * error:.2f}'


def test_one_pair_and_equal_pairs_have_no_interval():
    assert interval([2.1, 3.3], [1.0, 2.2]) == '+1.10'
    assert interval([1.0], [2.5, 4.0]) == '−1.50'


def test_one_value_has_no_deviation():
    assert mean([1.0, 2.0, 3.0], 1) == '2.0 ± 1.0'
    assert mean([1.25]) == '1.25'
