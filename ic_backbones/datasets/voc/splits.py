"""The VOC-layout splits that a config, or a folder, names."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from mmdet.datasets import XMLDataset
from mmdet.registry import DATASETS
from mmengine.config import Config

from ...errors import InputError, one_line
from ..images import MAX_PIXELS
from ..layouts import require_voc
from .dataset import VOCStyleDataset, require_names
from .files import LAYOUT, ids_in, read_lines

LOADERS = ('train', 'val', 'test')
_READERS = (XMLDataset.load_data_list, VOCStyleDataset.load_data_list)


@dataclass
class Split:
    """A split file and how it is read.

    Attributes:
        name: The loaders that use it, such as 'train' or 'val, test'.
        dataset: The data set that reads it, not yet loaded.
        filtered: Whether the pipeline drops boxes without an area.
    """

    name: str
    dataset: XMLDataset
    filtered: bool

    @property
    def ids_file(self) -> Path:
        """The split file."""
        return Path(self.dataset.ann_file)

    @cached_property
    def lines(self) -> list[str]:
        """The lines of the split file, which is read once."""
        return read_lines(self.ids_file)

    @cached_property
    def ids(self) -> list[str]:
        """The names of the images, without a suffix."""
        return ids_in(self.lines)

    @property
    def root(self) -> Path:
        """The folder that holds the folders of the images and annotations."""
        return Path(self.dataset.sub_data_root)

    @property
    def images(self) -> Path:
        """The folder of the images."""
        return self.root / self.dataset.img_subdir

    @property
    def annotations(self) -> Path:
        """The folder of the annotations."""
        return self.root / self.dataset.ann_subdir

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes."""
        return tuple(self.dataset.metainfo.get('classes') or ())

    @property
    def any_suffix(self) -> bool:
        """Whether images may have any suffix; mmdet's own data sets read .jpg files only."""
        return isinstance(self.dataset, VOCStyleDataset)

    @property
    def shift(self) -> int:
        """What the reader subtracts from the coordinates, in pixels."""
        return int(getattr(self.dataset, 'minus_one', True))

    @property
    def max_pixels(self) -> int:
        """The largest number of pixels that an image may have."""
        return getattr(self.dataset, 'max_pixels', MAX_PIXELS)

    @property
    def skips_broken(self) -> bool:
        """Whether broken or missing files are left out."""
        return getattr(self.dataset, 'skip_broken', False)

    def as_read(self, box: tuple[float, ...]) -> tuple[float, ...]:
        """A written box as the reader sees it; mmdet's own data sets cut fractions off."""
        edges = box if self.any_suffix else map(int, box)
        return tuple(edge - self.shift for edge in edges)

    @property
    def drops_empty_boxes(self) -> bool:
        """Whether a box without an area never reaches a loss."""
        ignored = bool(self.dataset.bbox_min_size)
        return self.any_suffix or self.filtered or ignored or self.dataset.test_mode


def splits_of_config(cfg: Config, loaders: Sequence[str] = LOADERS) -> list[Split]:
    """The VOC-layout splits of ``<loader>_dataloader``, also those inside wrappers.

    Other data sets (COCO, ImageNet, CIFAR) are left out, so the list may be empty.

    Args:
        cfg: The whole config.
        loaders: The loaders to look at, among 'train', 'val' and 'test'.

    Raises:
        InputError: A data set has wrong arguments, or a wrapper holds no data set.
    """
    splits: dict[tuple, Split] = {}
    for loader in loaders:
        where = f'{loader}_dataloader.dataset'
        part = cfg.get(f'{loader}_dataloader')
        leaves = list(_leaves(part.get('dataset') if isinstance(part, dict) else None))
        for number, (leaf, steps) in enumerate(leaves, 1):
            if 'datasets' in leaf:
                raise InputError(f'{where}: {leaf.get("type")} has no datasets; name one')
            cls = _voc_class(leaf.get('type'))
            if cls is None:
                continue
            options = {key: leaf[key] for key in leaf if key not in ('type', 'pipeline', '_scope_')}
            try:
                dataset = cls(**{**options, 'lazy_init': True})
                require_names(dataset)
                filtered = any('FilterAnnotations' in str(step) for step in steps)
                split = Split(loader, dataset, filtered)
                _ = split.images, split.annotations, split.shift  # whatever these are made of
            except InputError as error:
                raise InputError(f'{where}: {error}') from error
            except (AssertionError, AttributeError, OSError, TypeError, ValueError) as error:
                raise InputError(f'{where}: {one_line(error)}; correct its arguments') from error
            if len(leaves) > 1:
                split.name += f' {number} ({split.root.name})'
            # Val and test often are one split; train and test never should be.
            source = split.ids_file, split.images, split.annotations, dataset.test_mode
            if source in splits:
                splits[source].name += f', {split.name}'
            else:
                splits[source] = split
    return list(splits.values())


def splits_of_folder(folder: str | Path, classes: Sequence[str] | None = None) -> list[Split]:
    """The splits in ``ImageSets/Main``: train, val, trainval and test, or else every file there.

    Args:
        folder: A folder in VOC layout.
        classes: The names of the classes; by default none are set.

    Raises:
        InputError: The folder is not in VOC layout or has no split file.
    """
    folder = Path(folder)
    require_voc(folder)
    for needed in ('JPEGImages', 'Annotations', 'ImageSets/Main'):
        if not (folder / needed).is_dir():
            raise InputError(
                f'{folder / needed}: there is no such folder; a data set in VOC layout has {LAYOUT}'
            )
    files = sorted((folder / 'ImageSets/Main').glob('*.txt'))
    usual = [folder / f'ImageSets/Main/{name}.txt' for name in ('train', 'val', 'trainval', 'test')]
    known = [file for file in usual if file in files]
    if not files:
        raise InputError(
            f'{folder}/ImageSets/Main: there is no split file; write train.txt and val.txt there, '
            'with one image id (a file name without its suffix) on each line'
        )
    return [
        Split(
            file.stem,
            VOCStyleDataset(
                data_root=str(folder),
                ann_file=str(file.relative_to(folder)),
                metainfo={'classes': tuple(classes)} if classes else None,
                test_mode=file.stem in ('val', 'test'),
                lazy_init=True,
            ),
            filtered=False,
        )
        for file in known or files
    ]


def _leaves(dataset: dict | None, steps: tuple = ()) -> Iterator[tuple[dict, tuple]]:
    """The data sets inside wrappers, each with the steps of its pipeline and of the wrappers'."""
    if not isinstance(dataset, dict):
        return
    pipeline = dataset.get('pipeline')
    steps = (*(pipeline if isinstance(pipeline, (list, tuple)) else ()), *steps)
    inner = dataset.get('datasets') or [dataset[key] for key in ('dataset',) if key in dataset]
    for child in inner:
        yield from _leaves(child, steps)
    if not inner:
        yield dataset, steps


def _voc_class(name: str | type) -> type[XMLDataset] | None:
    cls = DATASETS.get(name) if isinstance(name, str) else name
    is_voc = isinstance(cls, type) and issubclass(cls, XMLDataset)
    return cls if is_voc and cls.load_data_list in _READERS else None
