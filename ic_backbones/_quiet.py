"""The first import of OpenMMLab's packages, without their notes on optional packages."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import mmengine.logging


@contextmanager
def quiet_imports() -> Iterator[None]:
    """Silence their notes on packages that nothing here uses.

    ``print_log`` without a logger prints even debugging messages.
    """
    warnings.filterwarnings('ignore', 'faster_coco_eval is not installed')
    print_log = mmengine.logging.print_log

    def print_if_important(msg, logger=None, level=logging.INFO):
        if logger is not None or level > logging.DEBUG:
            print_log(msg, logger, level)

    mmengine.logging.print_log = print_if_important
    try:
        yield
    finally:
        mmengine.logging.print_log = print_log
