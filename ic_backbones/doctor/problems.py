"""The kinds of problems that a data set can have."""

from collections.abc import Iterable
from enum import Enum
from typing import NamedTuple


class Severity(Enum):
    """How bad a problem is: an error stops or spoils a training, a warning may be intended."""

    WARNING = 'warning'
    ERROR = 'error'


WARNING, ERROR = Severity.WARNING, Severity.ERROR


class Kind(Enum):
    """A kind of problem.

    Attributes:
        severity: How bad it is.
        title: What it is, as a heading.
        advice: What to do about it.
    """

    LEFT_OUT = WARNING, 'broken or missing file', 'replace it, or accept that it is left out'
    SHARED_ID = WARNING, 'several images with one id', 'rename or remove those that are not read'
    OTHER_SIZE = WARNING, 'image size that the annotation states wrongly', 'check the boxes'
    DROPPED_BOX = WARNING, 'box without an area', 'correct it, or accept that it is dropped'
    CUT_BOX = WARNING, 'box that reaches out of the image', 'correct it, or accept that it is cut'
    SAME_BOX = WARNING, 'the same box twice', 'remove one of the two objects'
    REPEATED_ID = WARNING, 'image listed more than once', 'remove the repeated lines'
    ABSENT_CLASS = WARNING, 'class without an object in a split', 'check how the class is spelt'
    NO_OBJECT = WARNING, 'image without an object', 'check that there is nothing to annotate'
    SHARED_IMAGE = (
        WARNING,
        'image that is trained on and measured on',
        'remove it from one of the splits, or the measured AP is too good',
    )
    NEAR_DUPLICATE = (
        WARNING,
        'nearly the same picture to train on and to measure on',
        'look at both, and keep them in one split, as tools/convert_dataset.py --resplit does',
    )
    ORIENTATION = (
        WARNING,
        'image with an EXIF orientation',
        'look at its boxes with tools/check_dataset.py --pictures, or store the image upright',
    )
    WRONG_HEAD = ERROR, 'num_classes that is not the number of classes', 'set it to that number'
    OTHER_CLASSES = ERROR, 'splits with different classes', 'give all splits the same classes'
    EMPTY_SPLIT = ERROR, 'empty split file', 'write one image id on each line'
    UNTIDY_LINES = ERROR, 'blank lines, or spaces around ids', 'remove them, or use VOCStyleDataset'
    MISSING_IMAGE = ERROR, 'missing image', 'add the image, or correct the split file'
    OTHER_SUFFIX = ERROR, 'image that the data set does not read', 'use VOCStyleDataset'
    BROKEN_IMAGE = ERROR, 'image that cannot be read', 'replace it, or remove its id'
    BROKEN_ANNOTATION = ERROR, 'missing or broken annotation', 'add or correct it'
    UNKNOWN_CLASS = (
        ERROR,
        'object of an unknown class',
        'correct its name or add the class, or the object is left out silently',
    )
    FATAL_BOX = (
        ERROR,
        'box without an area that makes the loss NaN',
        "use VOCStyleDataset, or dict(type='FilterAnnotations', min_gt_bbox_wh=(0, 0), "
        'keep_empty=False)',
    )
    OUTSIDE_BOX = ERROR, 'box outside the image', 'correct or remove it'
    RELATIVE_BOXES = ERROR, 'boxes within 0..1', 'write coordinates in pixels'
    WIDTH_AND_HEIGHT = (
        ERROR,
        'boxes with a width and a height in place of xmax and ymax',
        'write xmax = xmin + width and ymax = ymin + height',
    )
    BOXES_BEFORE_TURN = (
        ERROR,
        'boxes that were drawn before EXIF turned the image',
        "remove the orientation from the image's EXIF data, or turn the boxes as well",
    )
    NO_OBJECTS = ERROR, 'split without an object of the classes', 'correct the classes or the data'
    SIMILAR_NAME = (
        ERROR,
        'names that differ only in case, spaces, hyphens or underscores',
        'spell the class as the objects do, rename the objects, or list each name as a class',
    )

    def __init__(self, severity: Severity, title: str, advice: str) -> None:
        self.severity = severity
        self.title = title
        self.advice = advice


def quoted(names: Iterable[str]) -> str:
    """Names in quotation marks, so that a space at an end shows."""
    return ', '.join(map(repr, names))


class Problem(NamedTuple):
    """One finding.

    Attributes:
        kind: What kind of problem it is.
        file: The file or config key that has it.
        message: What exactly is wrong there.
    """

    kind: Kind
    file: str
    message: str

    @property
    def severity(self) -> Severity:
        return self.kind.severity

    @property
    def sentence(self) -> str:
        return f'{self.file}: {self.message}; {self.kind.advice}'
