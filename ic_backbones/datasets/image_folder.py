"""A user's own classification data in image folders."""

from collections.abc import Sequence

from mmpretrain.datasets import CustomDataset

from ..errors import InputError, one_line
from ..registry import DATASETS
from ..weights.match import first
from .checked_images import CheckedImages
from .images import IMAGE_SUFFIXES

SUFFIXES = tuple(sorted(IMAGE_SUFFIXES))


@DATASETS.register_module()
class ImageFolder(CheckedImages, CustomDataset):
    """Images in ``<data_root>/<class>/``: mmpretrain's ``CustomDataset`` with checked images.

    An image has the label of its folder in ``classes``, while ``CustomDataset`` counts the folders.
    Folders whose names begin with a dot are passed over.

    Args:
        extensions: The suffixes of its images, in any case; by default all that are read here.
        **kwargs: The arguments of ``CustomDataset``, such as ``data_root``, ``data_prefix`` and
            ``metainfo=dict(classes=...)``, by default the folders in alphabetical order, and
            ``skip_broken`` and ``max_pixels`` of ``CheckedImages``.

    Raises:
        InputError: There is no such folder, it holds no image or a folder that is not a class, or
            an image is broken.
    """

    def __init__(self, *args, extensions: Sequence[str] = SUFFIXES, **kwargs) -> None:
        super().__init__(*args, extensions=extensions, **kwargs)

    def load_data_list(self) -> list[dict]:
        if self.ann_file or not self.with_label:
            return self._load()
        given = self._metainfo.pop('classes', None)  # of which CustomDataset only uses the number
        images = self._load()
        folders = self._metainfo['classes']
        visible = (name for name in folders if not name.startswith('.'))
        classes = tuple(map(str, given or visible))
        unknown = [name for name in folders if name not in classes and not name.startswith('.')]
        if unknown:
            raise InputError(
                f'{self.img_prefix}: holds folders that are not among the classes '
                f'({first(unknown)}); give metainfo=dict(classes=...) the names of the folders, or '
                'move the others away'
            )
        self._metainfo['classes'] = classes
        self.folder_to_idx = {name: label for label, name in enumerate(classes)}
        labels = [self.folder_to_idx.get(name) for name in folders]
        return [
            image | dict(gt_label=label)
            for image in images
            if (label := labels[image['gt_label']]) is not None
        ]

    def _load(self) -> list[dict]:
        try:
            return super().load_data_list()
        except (OSError, RuntimeError, AssertionError) as error:
            raise InputError(
                f'{self.img_prefix}: cannot be used, {one_line(error)}; it must have a folder with '
                'images for each class'
            ) from error
