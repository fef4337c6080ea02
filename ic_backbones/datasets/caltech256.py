"""CALTECH-256 from its archive's folders."""

import random
import re
from pathlib import Path

from mmpretrain.datasets import BaseDataset

from ..errors import InputError
from ..registry import DATASETS
from .checked_images import CheckedImages

CLASS = r'\d{3}\.'  # 001.ak47


@DATASETS.register_module()
class Caltech256(CheckedImages, BaseDataset):
    """256 classes with a fixed number of training images and of test images each.

    The data set reads ``<data_root>/001.ak47/*.jpg`` to ``256.toad/``; ``257.clutter`` is not a
    class. ``seed`` draws the images of each class, and no image is in both splits.

    Args:
        data_root: The archive's folder ``256_ObjectCategories``.
        split: ``'train'`` or ``'test'``.
        train: The number of training images in each class. Defaults to 50, as in the paper.
        test: The number of test images in each class. Defaults to 20, as in the paper.
        seed: The seed of the draw. Defaults to 0.
        **kwargs: The arguments of mmpretrain's ``BaseDataset``, such as ``pipeline``, and
            ``skip_broken`` and ``max_pixels`` of ``CheckedImages``.

    Raises:
        InputError: The folder is missing or is not the archive's, a class has too few images, or an
            image is broken.
    """

    def __init__(
        self,
        data_root: str,
        split: str,
        train: int = 50,
        test: int = 20,
        seed: int = 0,
        **kwargs,
    ) -> None:
        if train < 1 or test < 1:
            raise InputError(f'Caltech256: train={train}, test={test}; both must be at least 1')
        if split not in ('train', 'test'):
            raise InputError(
                f"Caltech256: split {split!r} does not exist; choose 'train' or 'test'"
            )
        self._folders = _class_folders(Path(data_root).expanduser())
        self._split, self._train, self._test, self._seed = split, train, test, seed
        classes = [folder.name.split('.', 1)[1] for folder in self._folders]
        super().__init__(
            ann_file='',
            data_root=data_root,
            metainfo=dict(classes=classes),
            test_mode=split == 'test',
            **kwargs,
        )

    def load_data_list(self) -> list[dict]:
        needed = self._train + self._test
        rows = []
        for label, folder in enumerate(self._folders):
            images = sorted(path for path in folder.iterdir() if path.suffix.lower() == '.jpg')
            if len(images) < needed:
                raise InputError(
                    f'{folder}: holds {len(images)} images, but {needed} are needed; unpack the '
                    'whole archive, or lower train and test'
                )
            random.Random(f'{self._seed} {folder.name}').shuffle(images)
            # The test images come first, so another number of training images does not move them.
            test, rest = images[: self._test], images[self._test :]
            part = rest[: self._train] if self._split == 'train' else test
            rows += [dict(img_path=str(path), gt_label=label) for path in part]
        return rows


def _class_folders(root: Path) -> list[Path]:
    if not root.is_dir():
        raise InputError(
            f'{root}: there is no such folder; put the folder 256_ObjectCategories of the '
            'CALTECH-256 archive there, or set data_root'
        )
    folders = sorted(
        path for path in root.iterdir() if path.is_dir() and re.match(CLASS, path.name)
    )
    folders = [path for path in folders if '.clutter' not in path.name]
    numbers = [path.name[:3] for path in folders]
    expected = [f'{number:03}' for number in range(1, 257)]
    if numbers != expected:
        odd = sorted(set(numbers) ^ set(expected))
        raise InputError(
            f'{root}: holds {len(folders)} class folders instead of 001 to 256 '
            f'(see {", ".join(odd[:3])}); unpack the whole archive'
        )
    return folders
