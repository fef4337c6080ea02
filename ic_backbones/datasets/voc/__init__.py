"""Detection data in VOC layout: its files, the data set, splits, a drawn sample, object crops."""

from .dataset import VOCStyleDataset

__all__ = ['VOCStyleDataset']
