"""CIFAR-10 and CIFAR-100 from what is there: image folders, the archive, or the network."""

from pathlib import Path
from urllib.error import URLError

import cv2
from mmpretrain.datasets import CIFAR10, CIFAR100

from ..errors import InputError
from ..registry import DATASETS
from .batched import BatchedPipeline
from .images import read_image


class ImagesOrArchive:
    """What both data sets add to mmpretrain's: they read ``<data_root>/<split>/<class>/*`` first.

    Without these folders they read the archive in ``data_root``, which is downloaded if it is
    missing. Images are kept decoded, in RGB, as the archive holds them. Those of the folders are
    interleaved, one of each class after the other, so that ``indices=5000`` takes the same
    number of each class; the order of the archive is random. With ``batched=True`` whole batches
    are transformed at once (see ``ic_backbones.datasets.batched``).

    Raises:
        InputError: The folders are not the classes or one is empty, an image cannot be read or does
            not have 32x32 pixels, or there is no archive and it cannot be downloaded.
    """

    def load_data_list(self) -> list[dict]:
        root = Path(self.data_prefix['root'])
        if (root / self.split).is_dir():
            return self._load_folders(root / self.split)
        try:
            return super().load_data_list()
        except (URLError, OSError, RuntimeError, AssertionError) as error:
            raise InputError(
                f'{root}: holds neither {self.split}/<class>/ folders nor {self.base_folder}/, '
                f'and {self.url} cannot be downloaded ({type(error).__name__}: {error}); put '
                f'{self.filename} there'
            ) from error

    def _load_folders(self, folder: Path) -> list[dict]:
        classes = self.metainfo['classes']
        found = {path.name: path for path in folder.iterdir() if path.is_dir()}
        if found.keys() != set(classes):
            odd = sorted(found.keys() ^ set(classes))
            raise InputError(
                f'{folder}: its folders are not the {len(classes)} classes ({odd[0]} is on one '
                f'side only); name them {", ".join(classes[:3])}, ...'
            )
        paths = [sorted(found[name].iterdir()) for name in classes]
        for name, files in zip(classes, paths, strict=True):
            if not files:
                raise InputError(f'{folder / name}: holds no images; put those of the class there')
        turns = sorted(
            (turn, label) for label, files in enumerate(paths) for turn in range(len(files))
        )
        if isinstance(self._indices, int) and self._indices >= 0:
            turns = turns[: self._indices]  # mmengine's rule; what it drops need not be decoded
        return [dict(img=_read(paths[label][turn]), gt_label=label) for turn, label in turns]


def _read(path: Path):
    try:
        image = read_image(path)
    except ValueError as error:
        raise InputError(f'{path}: {error}; replace or remove it') from error
    if image.shape != (32, 32, 3):
        raise InputError(f'{path}: is not an image of 32x32 pixels; replace or remove it')
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


@DATASETS.register_module()
class CIFAR10Data(BatchedPipeline, ImagesOrArchive, CIFAR10):
    """CIFAR-10: 10 classes of 5,000 training and 1,000 test images."""


@DATASETS.register_module()
class CIFAR100Data(BatchedPipeline, ImagesOrArchive, CIFAR100):
    """CIFAR-100: 100 classes of 500 training and 100 test images."""
