"""Predictions as files: pictures, one JSON and one CSV."""

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from ..atomic_write import write_atomically
from ..datasets.images import write_image
from ..errors import InputError, writing
from ..runs.outputs import first_line
from .draw import draw_prediction
from .sources import File, cv2_path

PICTURES, JSON, TABLE = FILES = 'pictures', 'predictions.json', 'predictions.csv'
_EDGES = 'left', 'top', 'right', 'bottom'
_COLUMNS = 'image', 'frame', 'class', 'score', *_EDGES


def require_own(folder: Path) -> None:
    """Check that results in a folder would replace nothing but earlier ones.

    Raises:
        InputError: They would; nothing is lost yet.
    """
    if first_line(folder / TABLE) == ','.join(_COLUMNS):
        return
    for name in FILES:
        if (folder / name).exists():
            raise InputError(
                f'{folder / name}: was not written by predict, which would overwrite it; choose '
                'another --out'
            )


class Results:
    """The results of one run in a folder; leaving the context writes the JSON and the CSV.

    They are ``pictures/``, ``predictions.json`` and ``predictions.csv``, which has a row for each
    object, or for each class of a classifier. Boxes are left, top, right and bottom in pixels;
    the frames of a video are counted from 0. Entering the context empties the files of an earlier
    run.

    Args:
        folder: The folder, which exists.
        about: What else the JSON says, such as the checkpoint.
        classes: The names of all classes, by which the colours are chosen.
    """

    def __init__(self, folder: Path, about: dict, classes: Sequence[str]) -> None:
        self.folder = folder
        self.unreadable: list[str] = []
        self._about = about
        self._classes = list(classes)
        self._predictions: list[dict] = []
        self._video: tuple[Path, cv2.VideoWriter] | None = None
        self._pictures: dict[File, Path] = {}

    @property
    def count(self) -> int:
        """The number of images and videos that are written."""
        return len(self._pictures)

    @property
    def found_nothing(self) -> bool:
        """Whether a detector has seen pictures and found no object in any of them."""
        found = [prediction.get('objects') for prediction in self._predictions]
        return bool(found) and all(objects == [] for objects in found)

    def __enter__(self) -> 'Results':
        self._write()  # a folder with half of the results is predict's, too
        return self

    def __exit__(self, *_) -> None:
        try:
            self._end_video()
        finally:
            self._write()

    def _write(self) -> None:
        content = dict(
            self._about,
            classes=self._classes,
            predictions=self._predictions,
            unreadable=self.unreadable,
        )
        table = io.StringIO()
        writer = csv.DictWriter(table, _COLUMNS, restval='')
        writer.writeheader()
        writer.writerows(row for item in self._predictions for row in _rows(item))
        with writing(self.folder, 'choose another --out'):
            # The name of a file may be other bytes than UTF-8.
            write_atomically(self.folder / TABLE, table.getvalue().encode(errors='surrogateescape'))
            write_atomically(self.folder / JSON, json.dumps(content, indent=1).encode())

    def add(self, file: File, frame: int | None, image: np.ndarray, prediction: dict) -> None:
        """Write the picture of an image, or of a frame of a video, and note its prediction.

        Args:
            file: The image or the video.
            frame: The number of the frame; None for an image. Frames come in their order.
            image: BGR in uint8, of shape (height, width, 3).
            prediction: What a predictor returned for it.

        Raises:
            InputError: The picture cannot be written.
        """
        picture = self._picture(file)
        height, width = image.shape[:2]
        place = {} if frame is None else dict(frame=frame)
        name = picture.relative_to(self.folder).as_posix()
        self._predictions.append(
            dict(image=file.origin, **place, picture=name, width=width, height=height, **prediction)
        )
        drawn = draw_prediction(image, prediction, self._classes)
        with writing(self.folder, 'choose another --out'):
            picture.parent.mkdir(parents=True, exist_ok=True)
            if frame is None:
                write_image(picture, drawn)
                return
        if frame == 0:
            self._end_video()
            code = cv2.VideoWriter_fourcc(*'mp4v')
            video = cv2.VideoWriter(cv2_path(picture), code, file.rate(), (width, height))
            if not video.isOpened():
                raise InputError(f'{picture}: the video cannot be written; choose another --out')
            self._video = picture, video
        self._video[1].write(drawn)

    def _end_video(self) -> None:
        if self._video is None:
            return
        (picture, video), self._video = self._video, None
        video.release()  # which says nothing of a full disk
        if not cv2.VideoCapture(cv2_path(picture)).isOpened():
            raise InputError(
                f'{picture}: the video cannot be written; free some space or choose another --out'
            )

    def _picture(self, file: File) -> Path:
        """The picture of a file, whose name no other one has."""
        if file not in self._pictures:
            first = file.name.with_suffix('.mp4' if file.is_video else '.jpg')
            name, number = first, 2
            while self.folder / PICTURES / name in self._pictures.values():
                name, number = first.with_stem(f'{first.stem}_{number}'), number + 1
            self._pictures[file] = self.folder / PICTURES / name
        return self._pictures[file]


def _rows(prediction: dict) -> list[dict]:
    place = {key: prediction[key] for key in ('image', 'frame') if key in prediction}
    return [
        place
        | {'class': item['class'], 'score': item['score']}
        | dict(zip(_EDGES, item.get('box', ()), strict=False))
        for item in prediction.get('objects', prediction.get('classes'))
    ]
