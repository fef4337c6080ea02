"""A user's own detection data in VOC layout."""

from collections import Counter
from pathlib import Path

from mmdet.datasets import XMLDataset
from tqdm import tqdm

from ...errors import InputError
from ...registry import DATASETS
from ..checked_images import REMEDY, CheckedImages
from ..images import image_size
from .annotation import has_area, read_annotation
from .files import LAYOUT, ids_in, images_by_id, missing_image, read_lines


def require_names(dataset: XMLDataset) -> None:
    """Check that the classes are different names and that ``ann_file`` names a split file.

    Raises:
        InputError: The classes are a string, not strings or not different, or the split file is a
            folder or is not given.
    """
    kind = type(dataset).__name__
    classes = dataset.metainfo.get('classes')
    if isinstance(classes, str):
        raise InputError(
            f"{kind}: the classes are the string '{classes}'; write "
            f"metainfo=dict(classes=('{classes}',)), with the comma"
        )
    if not all(isinstance(name, str) for name in classes or ()):
        raise InputError(f'{kind}: the classes {classes} are not all names; put them in quotes')
    repeated = [name for name, number in Counter(classes).items() if number > 1]
    if repeated:
        raise InputError(f'{kind}: the classes have {repeated[0]!r} twice; list it once')
    if Path(dataset.ann_file).is_dir():
        raise InputError(
            f"{kind}: ann_file '{dataset.ann_file}' is not a split file; name one, such as "
            'ImageSets/Main/train.txt'
        )


@DATASETS.register_module()
class VOCStyleDataset(CheckedImages, XMLDataset):
    """Images ``JPEGImages/<id>.*`` with ``Annotations/<id>.xml``; a split file lists the ids.

    It differs from mmdet's ``XMLDataset`` in five points: images may have any suffix that cv2
    reads; all of them are checked when the data set is loaded; coordinates are taken as written;
    boxes without an area are dropped, because one of them makes the loss NaN; and one sentence
    names what is missing or broken.

    Args:
        minus_one: Whether to subtract 1 from the coordinates, as PASCAL VOC's own files need, which
            count pixels from 1. Defaults to False.
        **kwargs: The arguments of ``XMLDataset``, of which ``data_root``, ``ann_file`` (the split
            file) and ``metainfo=dict(classes=(...))`` are required and ``data_prefix`` is not; and
            ``skip_broken`` and ``max_pixels`` of ``CheckedImages``. ``skip_broken`` also leaves out
            images without an annotation or with a broken one.

    Raises:
        InputError: The classes are missing or a string; the folder, the split file, an image or an
            annotation is missing; or an image or annotation cannot be read.
    """

    def __init__(self, minus_one: bool = False, **kwargs) -> None:
        self.minus_one = minus_one
        kwargs.setdefault('data_prefix', {'sub_data_root': ''})
        super().__init__(**kwargs)

    def load_data_list(self) -> list[dict]:
        require_names(self)
        classes = self._metainfo.get('classes')
        if not classes:
            raise InputError(
                f'{type(self).__name__}: {self.ann_file} has no classes; set '
                "metainfo=dict(classes=('first', 'second')) in the config"
            )
        self.cat2label = {name: label for label, name in enumerate(classes)}
        root = Path(self.sub_data_root)
        for path in (root, root / self.img_subdir, root / self.ann_subdir, Path(self.ann_file)):
            if not path.exists():
                raise InputError(
                    f'{path}: not found; put the data ({LAYOUT}) into {root}, or change data_root '
                    'in the config'
                )
        images = images_by_id(root / self.img_subdir)
        ids = ids_in(read_lines(self.ann_file))
        ids = tqdm(ids, 'reading annotations', unit='file', delay=1, disable=None)
        return [row for image_id in ids if (row := self._load(root, image_id, images))]

    def _load(self, root: Path, image_id: str, images: dict[str, list[Path]]) -> dict | None:
        annotation = root / self.ann_subdir / f'{image_id}.xml'
        if image_id not in images:
            return self.skip(
                root / self.img_subdir / f'{image_id}.*',
                f'{missing_image(image_id, images, root / self.img_subdir)}; add it, or remove '
                f'{image_id} from {self.ann_file}',
            )
        image = str(images[image_id][0])
        try:
            size, objects = read_annotation(annotation)
        except ValueError as error:
            return self.skip(
                annotation,
                f'{error}; add or correct it, or remove {image_id} from {self.ann_file} '
                '(tools/check_dataset.py lists everything that is wrong with a data set)',
            )
        if size is None or min(size) < 1:
            try:
                size = image_size(image, self.max_pixels)
            except ValueError as error:
                return self.skip(image, f'{error}; {REMEDY}')
        shift = int(self.minus_one)
        min_size = self.bbox_min_size or 0
        return {
            'img_id': image_id,
            'img_path': image,
            'xml_path': str(annotation),
            'width': size[0],
            'height': size[1],
            'instances': [
                {
                    'bbox': [edge - shift for edge in box],
                    'bbox_label': self.cat2label[name],
                    'ignore_flag': int(
                        difficult or min(box[2] - box[0], box[3] - box[1]) < min_size
                    ),
                }
                for name, box, difficult in objects
                if name in self.cat2label and has_area(box)
            ],
        }
