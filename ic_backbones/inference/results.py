"""Predictions as files: pictures, one JSON and one CSV."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from ..datasets.images import write_image
from ..errors import InputError, writing
from .draw import draw_prediction
from .sources import File

PICTURES = 'pictures'  # the folder of what is drawn
_EDGES = 'left', 'top', 'right', 'bottom'
_COLUMNS = 'image', 'frame', 'class', 'score', *_EDGES


class Results:
    """The results of one run in a folder; leaving the context writes the JSON and the CSV.

    They are ``pictures/``, ``predictions.json`` and ``predictions.csv``, which has a row for each
    object, or for each class of a classifier. Boxes are left, top, right and bottom in pixels;
    the frames of a video are counted from 0.

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
        self._video: cv2.VideoWriter | None = None
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
        return self

    def __exit__(self, *_) -> None:
        self._end_video()
        content = dict(
            self._about,
            classes=self._classes,
            predictions=self._predictions,
            unreadable=self.unreadable,
        )
        with writing(self.folder, 'choose another --out'):
            (self.folder / 'predictions.json').write_text(json.dumps(content, indent=1))
            with (self.folder / 'predictions.csv').open('w', newline='') as file:
                writer = csv.DictWriter(file, _COLUMNS, restval='')
                writer.writeheader()
                writer.writerows(row for item in self._predictions for row in _rows(item))

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
            self._video = cv2.VideoWriter(str(picture), code, file.rate(), (width, height))
            if not self._video.isOpened():
                raise InputError(f'{picture}: the video cannot be written; choose another --out')
        self._video.write(drawn)

    def _end_video(self) -> None:
        if self._video is not None:
            self._video.release()
        self._video = None

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
