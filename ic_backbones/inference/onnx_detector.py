"""A detector in an ONNX file, which onnxruntime runs without PyTorch's model and its config."""

import json
from collections.abc import Sequence
from pathlib import Path

import mmcv
import numpy as np

from .._requirements import require_extra
from ..datasets.images import read_image
from ..errors import InputError, one_line
from .draw import name_of

NOTE = 'ic_backbones'  # the key of the note in the file

Image = str | Path | np.ndarray


class OnnxDetector:
    """A detector that is called with pictures, as a ``Predictor``.

    Args:
        file: A file that ``tools/export_onnx.py --whole`` wrote.

    Raises:
        InputError: The package onnxruntime is not installed, the file cannot be read, or it is not
            such a file.
    """

    is_detector = True

    def __init__(self, file: str | Path) -> None:
        require_extra('ONNX files', 'onnxruntime', 'onnx')
        import onnxruntime

        if not Path(file).is_file():
            raise InputError(f'{file}: there is no such file; give one of export_onnx --whole')
        try:
            self._session = onnxruntime.InferenceSession(
                str(file), providers=['CPUExecutionProvider']
            )
            note = json.loads(self._session.get_modelmeta().custom_metadata_map[NOTE])
        except KeyError as error:
            raise InputError(
                f'{file}: is not a whole detector; write one with export_onnx --whole'
            ) from error
        except Exception as error:  # onnxruntime has classes of its own for a broken file
            raise InputError(
                f'{file}: cannot be read, {one_line(error)}; write it with export_onnx --whole'
            ) from error
        self.classes = tuple(note['classes'])
        self._resize = note['resize']

    def __call__(self, images: Image | Sequence[Image]) -> list[dict]:
        """Predict images, each by itself; see ``Predictor``."""
        several = isinstance(images, list | tuple)
        return [self._predict(image) for image in (images if several else [images])]

    def _predict(self, image: Image) -> dict:
        if not isinstance(image, np.ndarray):
            try:
                image = read_image(image)
            except ValueError as error:
                raise InputError(f'{image}: {error}; replace it or leave it out') from error
        resized = self._resized(image)
        inputs = resized.transpose(2, 0, 1)[None].astype(np.float32)
        boxes, scores, labels = self._session.run(None, {'image': inputs})
        boxes = boxes / np.tile(np.divide(resized.shape[1::-1], image.shape[1::-1]), 2)
        rows = zip(labels.tolist(), scores.tolist(), boxes.tolist(), strict=True)
        return dict(
            objects=[
                {'class': name_of(label, self.classes), 'score': score, 'box': box}
                for label, score, box in rows
            ]
        )

    def _resized(self, image: np.ndarray) -> np.ndarray:
        """The image as the test pipeline resizes it."""
        if self._resize is None:
            return image
        resize = mmcv.imrescale if self._resize['keep_ratio'] else mmcv.imresize
        return resize(image, tuple(self._resize['scale']), backend='cv2')
