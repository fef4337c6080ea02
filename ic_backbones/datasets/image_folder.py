"""A user's own classification data in image folders."""

import re
from collections.abc import Iterator, Sequence

from mmengine.fileio import get_file_backend, list_from_file
from mmpretrain.datasets import CustomDataset

from ..errors import InputError, one_line
from ..registry import DATASETS
from ..weights.match import first
from .checked_images import CheckedImages
from .images import IMAGE_SUFFIXES

SUFFIXES = tuple(sorted(IMAGE_SUFFIXES))
HIDDEN = r'(^|[/\\])\.[^/\\]*[/\\]'  # a folder in a path


@DATASETS.register_module()
class ImageFolder(CheckedImages, CustomDataset):
    """Images in ``<data_root>/<class>/``: mmpretrain's ``CustomDataset`` with checked images.

    An image has the label of its folder in ``classes``, while ``CustomDataset`` counts the folders.
    Folders whose names begin with a dot are passed over. With an ``ann_file``, the images are those
    that it lists, with the labels that it gives, which are counted from 0.

    Args:
        extensions: The suffixes of its images, in any case; by default all that are read here.
        **kwargs: The arguments of ``CustomDataset``, such as ``data_root``, ``data_prefix`` and
            ``metainfo=dict(classes=...)``, by default the folders in alphabetical order, and
            ``skip_broken`` and ``max_pixels`` of ``CheckedImages``.

    Raises:
        InputError: There is no such folder, it holds no image or a folder that is not a class,
            ``ann_file`` lists no image or has a line without a label of the classes, or an image is
            broken.
    """

    def __init__(self, *args, extensions: Sequence[str] = SUFFIXES, **kwargs) -> None:
        super().__init__(*args, extensions=extensions, **kwargs)

    def load_data_list(self) -> list[dict]:
        if self.ann_file:
            return list(self._listed())
        if not self.with_label:
            return self._found()
        given = self._metainfo.pop('classes', None)  # of which CustomDataset only uses the number
        images = self._found()
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
        return [image | dict(gt_label=labels[image['gt_label']]) for image in images]

    def _found(self) -> list[dict]:
        """The images in the folders, but not in those that begin with a dot."""
        try:
            images = super().load_data_list()
        except (OSError, RuntimeError, AssertionError) as error:
            raise InputError(
                f'{self.img_prefix}: cannot be used, {one_line(error)}; it must have a folder with '
                'images for each class'
            ) from error
        start = len(self.img_prefix)
        visible = [image for image in images if not re.search(HIDDEN, image['img_path'][start:])]
        if not visible:
            raise InputError(
                f'{self.img_prefix}: all images lie in folders that begin with a dot; it must have '
                'a folder with images for each class'
            )
        return visible

    def _listed(self) -> Iterator[dict]:
        """The images that ``ann_file`` lists."""
        try:
            lines = list_from_file(self.ann_file)
        except (OSError, ValueError) as error:
            raise InputError(
                f'{self.ann_file}: cannot be read, {one_line(error)}; give a text file with a line '
                'for each image'
            ) from error
        if not any(map(str.strip, lines)):
            raise InputError(f'{self.ann_file}: lists no image; write a line for each one')
        join = get_file_backend(self.img_prefix, enable_singleton=True).join_path
        for number, line in enumerate(map(str.strip, lines), 1):
            if line and self.with_label:
                name, label = self._with_label(line, number)
                yield dict(img_path=join(self.img_prefix, name), gt_label=label)
            elif line:
                yield dict(img_path=join(self.img_prefix, line))

    def _with_label(self, line: str, number: int) -> tuple[str, int]:
        """The path and the label in a line of ``ann_file``."""
        count = len(self.CLASSES or ())
        parts = re.fullmatch(r'(.*\S)\s+(\d+)', line)
        if parts is None or (count and int(parts[2]) >= count):
            labels = f'from 0 to {count - 1}, of {count} classes' if count else 'of 0 or more'
            raise InputError(
                f'{self.ann_file}: line {number} ({line!r:.60}) has no path with a label {labels}; '
                'write a path, a space and a label that is counted from 0'
            )
        return parts[1], int(parts[2])
