"""A user's own detection data in VOC layout."""

from pathlib import Path

import mmcv
from mmdet.datasets import XMLDataset

from ..errors import InputError
from ..registry import DATASETS
from .voc_files import has_area, images_by_id, read_annotation, read_ids, suffix_hint


def require_names(dataset: XMLDataset) -> None:
    """Refuse arguments that name no classes or no split file.

    Raises:
        InputError: the classes are one string, the split file is a folder or not given.
    """
    classes = dataset.metainfo.get('classes')
    if isinstance(classes, str):
        raise InputError(
            f"{type(dataset).__name__}: the classes are the string '{classes}': write "
            f"metainfo=dict(classes=('{classes}',)), with the comma."
        )
    if Path(dataset.ann_file).is_dir():
        raise InputError(
            f"{type(dataset).__name__}: ann_file '{dataset.ann_file}' is no split file: name it, "
            'e.g. ImageSets/Main/train.txt.'
        )


@DATASETS.register_module()
class VOCStyleDataset(XMLDataset):
    """``JPEGImages/<id>.*`` and ``Annotations/<id>.xml``, with the ids listed in a split file.

    Against mmdet's ``XMLDataset``: images may have any suffix that cv2 reads, coordinates are taken
    as written, boxes without an area are dropped (one of them makes the loss NaN), and what is
    missing or broken is named in one sentence.

    Args:
        minus_one: subtract 1 from the coordinates, as for PASCAL VOC's own files, which count
            pixels from 1. Defaults to False.
        **kwargs: ``XMLDataset``'s. ``data_root``, ``ann_file`` (the split file) and
            ``metainfo=dict(classes=(...))`` are needed; ``data_prefix`` is not.

    Raises:
        InputError: no classes given, or a string; the folder, split file, an image or an annotation
            is missing; an annotation cannot be read.
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
                f'{type(self).__name__} of {self.ann_file} has no classes: set '
                "metainfo=dict(classes=('first', 'second')) in the config."
            )
        self.cat2label = {name: label for label, name in enumerate(classes)}
        root = Path(self.sub_data_root)
        for path in (root, root / self.img_subdir, root / self.ann_subdir, Path(self.ann_file)):
            if not path.exists():
                raise InputError(
                    f'{path} is not there: put the data into {root} as {self.img_subdir}/, '
                    f'{self.ann_subdir}/ and ImageSets/Main/, or change data_root in the config.'
                )
        images = images_by_id(root / self.img_subdir)
        return [self._load(root, image_id, images) for image_id in read_ids(self.ann_file)]

    def _load(self, root: Path, image_id: str, images: dict[str, list[Path]]) -> dict:
        annotation = root / self.ann_subdir / f'{image_id}.xml'
        advice = f'add it, or take {image_id} out of {self.ann_file}.'
        if image_id not in images:
            hint = suffix_hint(image_id)
            raise InputError(f'{root / self.img_subdir / image_id}.* is no image: {hint}{advice}')
        if not annotation.is_file():
            raise InputError(f'{annotation} is not there: {advice}')
        image = str(images[image_id][0])
        try:
            size, objects = read_annotation(annotation)
        except ValueError as error:
            raise InputError(
                f'{annotation} is no VOC annotation ({error}): mend it; tools/check_dataset.py '
                'lists everything that is wrong with a data set.'
            ) from error
        if size is None or 0 in size:
            size = mmcv.imread(image).shape[1::-1]
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
