"""Dividing images into splits, groups of near-duplicates as a whole."""

import random
from collections import Counter

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from ..datasets.fingerprint import near_pairs
from .source import SPLITS, Picture


def groups(digests: list[str], hashes: list[bytes]) -> list[list[int]]:
    """Which images show the same or nearly the same picture, directly or through others.

    Args:
        digests: The digests of the image files.
        hashes: Their perceptual hashes.

    Returns:
        The indices of the images of each group, in order; most groups have one image.
    """
    first: dict[str, int] = {}
    same = [(index, first.setdefault(digest, index)) for index, digest in enumerate(digests)]
    near = [(row, column) for row, column, _ in near_pairs(hashes, hashes) if row < column]
    rows, columns = np.array([*same, *near], int).reshape(-1, 2).T
    linked = coo_array((np.ones(len(rows)), (rows, columns)), shape=(len(digests),) * 2)
    members: dict[int, list[int]] = {}
    for index, label in enumerate(connected_components(linked, directed=False)[1]):
        members.setdefault(label, []).append(index)
    return list(members.values())


def divide(
    pictures: list[Picture], groups: list[list[int]], shares: tuple[float, float, float], seed: int
) -> list[str]:
    """Choose a split for each picture, so that rare classes are in all of them where possible.

    The groups are shuffled and then ordered by their rarest class; one after the other goes to the
    split that lacks most for its share.

    Args:
        pictures: The pictures.
        groups: The indices of those that must stay together.
        shares: The shares of train, val and test.
        seed: The seed of the shuffling.

    Returns:
        The name of the split of each picture.
    """
    count = Counter(name for picture in pictures for name in {o.name for o in picture.objects})

    def rarest(group: list[int]) -> tuple:
        names = {item.name for index in group for item in pictures[index].objects}
        return min(((count[name], name) for name in names), default=(len(pictures) + 1, ''))

    shuffled = sorted(groups, key=lambda group: pictures[group[0]].name)
    random.Random(seed).shuffle(shuffled)
    wanted = {name: share * len(pictures) for name, share in zip(SPLITS, shares, strict=True)}
    sizes = dict.fromkeys(SPLITS, 0)
    chosen = [''] * len(pictures)
    for group in sorted(shuffled, key=rarest):
        rest = len(group) - 1  # of a large group, so that no small split takes it
        split = max(SPLITS, key=lambda name: _lack(wanted[name], sizes[name] + rest))
        sizes[split] += len(group)
        for index in group:
            chosen[index] = split
    return chosen


def _lack(wanted: float, size: int) -> float:
    """The part of a split that is still missing; a split without a share lacks nothing."""
    return (wanted - size) / wanted if wanted else float('-inf')
