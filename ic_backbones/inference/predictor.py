"""Predictions of a trained model for pictures, through mmdet's and mmpretrain's inferencers."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from mmdet.apis import DetInferencer
from mmengine.config import Config
from mmengine.dataset import Compose, default_collate, pseudo_collate
from mmengine.registry import DefaultScope
from mmpretrain.apis import ImageClassificationInferencer

from ..datasets.images import image_size, read_image
from ..errors import BUILD_ERRORS, InputError, one_line
from .saved_model import SavedModel, load_model

Image = str | Path | np.ndarray


class Predictor:
    """A trained detector or classifier that is called with pictures.

    Args:
        checkpoint: The file or address of the checkpoint, such as the ``best_*.pth`` of a training.
        config: The file of the config of its training; None takes the config that mmengine saved
            in the checkpoint, which is read as data and never run.
        device: A device of PyTorch, such as ``cuda:0``; None takes a GPU if there is one.

    Attributes:
        saved: The model and its config.

    Raises:
        InputError: The checkpoint cannot be read or does not fill the model, there is no config,
            it names something other than parts of models, or the device does not exist.
    """

    def __init__(
        self, checkpoint: str | Path, config: str | None = None, device: str | None = None
    ) -> None:
        self.saved = load_model(str(checkpoint), config, device)
        self._inferencer = (_Detector if self.is_detector else _Classifier)(self.saved)

    @property
    def is_detector(self) -> bool:
        """Whether it finds objects; otherwise it classifies whole images."""
        return self.saved.is_detector

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes; empty where neither checkpoint nor config names them."""
        return self.saved.classes

    def __call__(self, images: Image | Sequence[Image]) -> list[dict]:
        """Predict images, each by itself.

        Args:
            images: One image or several: files, or decoded ones, BGR in uint8 of shape
                (height, width, 3).

        Returns:
            For each image a dict: of a detector ``objects``, the highest score first, each with
            ``class``, ``score`` and ``box`` (left, top, right, bottom in pixels of the image); of a
            classifier ``classes``, all of them, the most likely first, each with ``class`` and
            ``score``.

        Raises:
            InputError: An image cannot be read.
        """
        several = isinstance(images, list | tuple)
        return [self._predict(image) for image in (images if several else [images])]

    def _predict(self, image: Image) -> dict:
        batch = self._read(image)
        if self.is_detector:
            (sample,) = self._inferencer.forward(batch[1])
            found = self._inferencer.pred2dict(sample)
            rows = zip(found['labels'], found['scores'], found['bboxes'], strict=True)
            objects = [
                {'class': self.saved.name(label), 'score': score, 'box': box}
                for label, score, box in rows
            ]
            return dict(objects=sorted(objects, key=lambda item: -item['score']))
        (sample,) = self._inferencer.forward(batch)
        scores = enumerate(sample.pred_score.tolist())
        ranked = sorted(scores, key=lambda pair: -pair[1])
        return dict(classes=[{'class': self.saved.name(k), 'score': s} for k, s in ranked])

    def _read(self, image: Image) -> Any:
        inputs = [as_input(image)]
        try:
            (batch,) = self._inferencer.preprocess(inputs)
            return batch
        except Exception:
            _require_image(image, read_image)
            raise


def as_input(image: Image) -> dict:
    """What a test pipeline starts with, where nothing is known about the objects."""
    unknown = dict(img_id=0, instances=[])
    if isinstance(image, np.ndarray):
        shape = image.shape[:2]
        return dict(unknown, img=image, img_path='', img_shape=shape, ori_shape=shape)
    _require_image(image, image_size)
    return dict(unknown, img_path=str(image))


def _require_image(image: Image, read: Callable) -> None:
    try:
        if not isinstance(image, np.ndarray):
            read(image)
    except ValueError as error:
        raise InputError(f'{image}: {error}; replace it or leave it out') from error


class Pipeline:
    """A test pipeline for files, with its own loader, and for images that are decoded already."""

    def __init__(self, saved: SavedModel) -> None:
        steps = saved.test_pipeline
        others = [step for step in steps if 'LoadImageFromFile' not in str(step.get('type'))]
        self.reads_files = len(others) < len(steps)
        try:
            with DefaultScope.overwrite_default_scope(saved.scope):
                self._for_files, self._for_arrays = Compose(steps), Compose(others)
        except BUILD_ERRORS as error:
            raise InputError(
                f'{saved.source}: the test pipeline cannot be built, {one_line(error)}; correct '
                'that key'
            ) from error

    def __call__(self, item: dict) -> dict:
        if not self.reads_files:  # CIFAR keeps its images decoded, in RGB
            image = item['img'] if 'img' in item else read_image(item['img_path'])
            item = dict(item, img=cv2.cvtColor(cv2.resize(image, (32, 32)), cv2.COLOR_BGR2RGB))
        return (self._for_arrays if 'img' in item else self._for_files)(item)


class _Detector(DetInferencer):
    """mmdet's inferencer around a model that is loaded already."""

    def __init__(self, saved: SavedModel) -> None:
        self.saved = saved
        super().__init__(Config(dict(model={})), scope='mmdet', show_progress=False)

    def _init_model(self, *_):
        return self.saved.model

    def _init_pipeline(self, cfg: Config) -> Pipeline:
        return Pipeline(self.saved)

    def _init_collate(self, cfg: Config) -> Callable:
        return pseudo_collate

    def _init_visualizer(self, cfg: Config) -> None:
        return None


class _Classifier(ImageClassificationInferencer):
    """mmpretrain's inferencer around a model that is loaded already, with its own loader."""

    def __init__(self, saved: SavedModel) -> None:
        self.saved = saved
        saved.model._config = saved.config
        super().__init__(saved.model, classes=saved.classes)

    def _init_pipeline(self, cfg: Config) -> Pipeline:
        return Pipeline(self.saved)

    def preprocess(self, inputs: list, batch_size: int = 1) -> Iterator:
        yield from map(default_collate, self._get_chunk_data(map(self.pipeline, inputs), 1))
