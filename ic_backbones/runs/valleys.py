"""Accuracy valleys: the accuracy falls far below its former maximum while the loss keeps falling.

Source: Chen, "Structure Composing Layer", section 4.3, names and shows them (tables 4 and 5) but
gives no threshold; the one here is ours.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass
class Valley:
    """One valley, in indices of the curve.

    Attributes:
        rim: Where the former maximum was reached.
        bottom: The lowest point.
        end: The first point above the former maximum again; the last index if there is none.
        depth: How far the bottom lies below the former maximum, as a fraction of it.
    """

    rim: int
    bottom: int
    end: int
    depth: float


def find_valleys(
    accuracy: Sequence[float], loss: Sequence[float], threshold: float = 0.2
) -> list[Valley]:
    """Find the valleys of a training.

    Args:
        accuracy: One value per epoch, in any unit.
        loss: The training loss of the same epochs.
        threshold: The fraction of its former maximum by which the accuracy must fall.

    Only points whose loss is below that at the former maximum count: with a rising loss, a falling
    accuracy is a divergence and not a valley.
    """
    valleys, rim = [], 0
    for index in range(1, len(accuracy) + 1):
        ended = index == len(accuracy)
        if not ended and accuracy[index] < accuracy[rim]:
            continue
        below = [i for i in range(rim + 1, index) if loss[i] < loss[rim]]
        if below and accuracy[rim] > 0:
            bottom = min(below, key=accuracy.__getitem__)
            depth = 1 - accuracy[bottom] / accuracy[rim]
            if depth >= threshold:
                valleys.append(Valley(rim, bottom, min(index, len(accuracy) - 1), depth))
        rim = index
    return valleys
