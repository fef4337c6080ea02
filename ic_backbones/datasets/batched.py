"""Data sets of small images that transform whole batches.

mmengine's pipelines transform one image after the other, which for 32x32 pixels takes longer than
many a training step. PyTorch's loader asks a data set with ``__getitems__`` for a whole batch, so
the pipeline's few steps can run on one tensor.
"""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import torch
from mmcv.transforms import RandomFlip
from mmpretrain.datasets import RandomCrop
from mmpretrain.datasets.transforms import PackInputs
from mmpretrain.structures import DataSample
from torch import Tensor
from torch.nn.functional import pad

from ..errors import InputError


class BatchedPipeline:
    """What lets a data set of mmpretrain transform whole batches.

    Its images must be decoded and of one size. The augmentation draws from numpy's global random
    numbers, as the pipeline's own transforms do, so the seed of a run decides it.

    Args:
        batched: Whether the pipeline runs on whole batches. It may then hold only ``RandomCrop``
            (with a constant padding), a horizontal ``RandomFlip`` and, last, ``PackInputs``; the
            data samples hold the labels and nothing else.

    Raises:
        InputError: The pipeline holds a transform that has no form for batches.
    """

    def __init__(self, *args, batched: bool = False, **kwargs) -> None:
        self.batched = batched
        super().__init__(*args, **kwargs)
        if batched:
            *steps, pack = self.pipeline.transforms or [None]
            self.steps = [batch_step(step) for step in steps]
            if type(pack) is not PackInputs:
                raise _unsupported(pack)

    def full_init(self) -> None:
        super().full_init()
        if self.batched and not hasattr(self, 'images'):
            samples = [self.get_data_info(index) for index in range(len(self))]
            images = np.stack([sample['img'] for sample in samples])  # (N, H, W, 3)
            self.images = torch.from_numpy(images).permute(0, 3, 1, 2).contiguous()
            self.labels = [sample['gt_label'] for sample in samples]

    def get_subset_(self, indices: Sequence[int] | int) -> None:
        self._drop_images()
        super().get_subset_(indices)

    def get_subset(self, indices: Sequence[int] | int) -> 'BatchedPipeline':
        self._drop_images()  # which it would copy
        return super().get_subset(indices)

    def _drop_images(self) -> None:
        """The next batch collects them again, of a subset its own."""
        super().full_init()  # without collecting them
        vars(self).pop('images', None)

    def __getitem__(self, index: int) -> dict:
        return self.__getitems__([index])[0]

    def __getitems__(self, indices: Sequence[int]) -> list[dict]:
        """The samples of a batch; each ``inputs`` is (3, H, W), uint8."""
        if not self.batched:
            return [super(BatchedPipeline, self).__getitem__(index) for index in indices]
        self.full_init()
        images = self.images[list(indices)]
        for step in self.steps:
            images = step(images)
        samples = [DataSample().set_gt_label(self.labels[index]) for index in indices]
        return [
            dict(inputs=image, data_samples=sample)
            for image, sample in zip(images, samples, strict=True)
        ]


def batch_step(transform) -> Callable[[Tensor], Tensor]:
    """The form for batches of a pipeline's transform.

    Raises:
        InputError: There is none.
    """
    if type(transform) is RandomCrop and transform.padding_mode == 'constant':
        padding, fill = transform.padding or 0, transform.pad_val
        is_plain = isinstance(padding, int) and isinstance(fill, int) and 0 <= fill <= 255
        if is_plain and not transform.pad_if_needed:
            return partial(random_crop, size=transform.crop_size, padding=padding, fill=fill)
    if type(transform) is RandomFlip and transform.direction == 'horizontal':
        return partial(random_flip, prob=transform.prob or 0.0)
    raise _unsupported(transform)


def _unsupported(transform) -> InputError:
    return InputError(
        f'batched=True: the pipeline cannot run on batches ({transform or "it is empty"}); it may '
        'hold RandomCrop with a constant padding, a horizontal RandomFlip and, last, PackInputs'
    )


def random_crop(images: Tensor, size: tuple[int, int], padding: int, fill: int) -> Tensor:
    """Cut a window at a random place out of each image.

    Args:
        images: The images, (N, C, H, W).
        size: The height and width of the windows in pixels.
        padding: The width in pixels of the border that is added to each side before.
        fill: The value of the border.

    Returns:
        The windows, (N, C, height, width).

    Raises:
        InputError: The windows do not fit into the padded images.
    """
    padded = pad(images, [padding] * 4, value=fill)
    if size[0] > padded.shape[2] or size[1] > padded.shape[3]:
        raise InputError(
            f'batched=True: a crop_size of {size} does not fit into images of '
            f'{tuple(padded.shape[2:])} with their padding; give a smaller one'
        )
    windows = padded.unfold(2, size[0], 1).unfold(3, size[1], 1)  # (N, C, tops, lefts, h, w)
    count, _, tops, lefts = windows.shape[:4]
    top, left = np.random.randint(tops, size=count), np.random.randint(lefts, size=count)
    return windows[torch.arange(count), :, torch.from_numpy(top), torch.from_numpy(left)]


def random_flip(images: Tensor, prob: float) -> Tensor:
    """Mirror each of ``images``, (N, C, H, W), from left to right with probability ``prob``."""
    flipped = torch.from_numpy(np.random.random(len(images)) < prob)
    return torch.where(flipped[:, None, None, None], images.flip(3), images)
