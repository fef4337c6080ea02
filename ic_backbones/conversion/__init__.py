"""Detection data in the layouts of VOC, COCO and YOLO, written in VOC layout."""

from .convert import convert
from .report import Report

__all__ = ['Report', 'convert']
