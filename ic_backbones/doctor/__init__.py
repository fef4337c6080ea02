"""What is wrong with a detection data set in VOC layout, by file name."""

from .diagnosis import Diagnosis, diagnose
from .problems import Kind, Problem, Severity
from .quick import check_quick
from .report import render

__all__ = ['Diagnosis', 'Kind', 'Problem', 'Severity', 'check_quick', 'diagnose', 'render']
