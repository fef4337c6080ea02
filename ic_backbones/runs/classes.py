"""Whether data sets have the classes of the model's head, and a classifier's in one order."""

from collections.abc import Mapping

from mmengine.runner import BaseLoop
from torch import nn
from torch.utils.data import Dataset

from .._requirements import missing_sentence
from ..errors import InputError
from ..weights.match import first
from .unwrapped import unwrapped


def check_classes(model: nn.Module, loops: Mapping[str, BaseLoop | None], source: str) -> None:
    """Refuse data with other classes than the head's, which would train wrong labels or crash.

    Args:
        model: The model of a run. Only mmpretrain's ``ImageClassifier`` is checked.
        loops: The loops that will run, by the names of their data loaders in the config.
        source: The path of the config file.

    Raises:
        InputError: Two data sets give a class different labels, or ``num_classes`` is not the
            number of a data set's classes.
    """
    model = unwrapped(model)
    count = getattr(getattr(model, 'head', None), 'num_classes', None)
    if count is None:
        return
    from mmpretrain.models import ImageClassifier  # which a detector does without

    if not isinstance(model, ImageClassifier):
        return
    named = {name: _classes(loop.dataloader.dataset) for name, loop in loops.items() if loop}
    labels: dict[str, tuple[int, str]] = {}
    for name, classes in named.items():
        for label, one in enumerate(classes):
            known, other = labels.setdefault(one, (label, name))
            if known != label:
                raise InputError(
                    f'{source}: {one!r} is class {known} in {other} and class {label} in {name}; '
                    'give both data sets the same metainfo=dict(classes=[...])'
                )
    for name, classes in named.items():
        if classes and count != len(classes):
            raise InputError(
                f'{source}: model.head.num_classes is {count}, but the number of classes of {name} '
                f'is {len(classes)} ({first(classes)}); set it to that number, or name all classes '
                'in metainfo=dict(classes=[...]) of the data set'
            )


def check_detector(model: dict, dataset: Dataset) -> None:
    """Refuse a detector whose heads have another number of classes than its data.

    Args:
        model: The config of the model; without ``bbox_head`` nothing is checked.
        dataset: The data set, which has been loaded.

    Raises:
        InputError: ``num_classes`` of a head is not the number of the data set's classes.
    """
    if missing_sentence('mmdet'):
        return
    from ..doctor.checks import check_heads

    meta = getattr(dataset, 'metainfo', {})
    classes = meta.get('thing_classes', meta.get('classes'))  # of panoptic data, those with boxes
    for problem in check_heads(model, classes) if classes else ():
        raise InputError(problem.sentence)


def _classes(dataset: Dataset) -> tuple[str, ...]:
    """The classes that a data set names; none if they are only those of its type."""
    classes = getattr(dataset, 'metainfo', {}).get('classes') or ()
    of_type = getattr(dataset, 'METAINFO', {}).get('classes')
    if classes == of_type and getattr(dataset, 'ann_file', ''):  # whose labels may be any
        return ()
    return tuple(map(str, classes))
