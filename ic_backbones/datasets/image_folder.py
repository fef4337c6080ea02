"""A user's own classification data in image folders."""

from mmpretrain.datasets import CustomDataset

from ..errors import InputError, one_line
from ..registry import DATASETS
from .checked_images import CheckedImages


@DATASETS.register_module()
class ImageFolder(CheckedImages, CustomDataset):
    """Images in ``<data_root>/<class>/``: mmpretrain's ``CustomDataset`` with checked images.

    Args:
        **kwargs: The arguments of ``CustomDataset``, such as ``data_root`` and ``data_prefix``, and
            ``skip_broken`` and ``max_pixels`` of ``CheckedImages``.

    Raises:
        InputError: There is no such folder, or no image in it, or an image is broken.
    """

    def load_data_list(self) -> list[dict]:
        try:
            return super().load_data_list()
        except (OSError, RuntimeError, AssertionError) as error:
            raise InputError(
                f'{self.img_prefix}: cannot be used, {one_line(error)}; it must have a folder with '
                'images for each class'
            ) from error
