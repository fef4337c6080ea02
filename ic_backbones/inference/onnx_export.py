"""A whole detector as an ONNX file, and its comparison with PyTorch."""

import json
from pathlib import Path

import cv2
import numpy as np
import torch
from mmengine.utils import to_2tuple

from ..errors import InputError
from ..weights.onnx import write_onnx
from .onnx_detector import NOTE, OnnxDetector
from .predictor import Predictor
from .saved_model import SavedModel
from .traced import TracedDetector

_LOADER = dict(color_type='color', imdecode_backend='cv2')  # how predict.py reads an image
_NEAR = 1e-4  # scores that differ by less may change their order, or pass the threshold or not


def export_detector(saved: SavedModel, file: str | Path, size: tuple[int, int]) -> None:
    """Write a detector that takes the pixels of one image, of any size, and gives boxes.

    The graph takes ``image``, float of shape (1, 3, H, W), blue, green and red from 0 to 255, and
    gives ``boxes`` (D, 4), ``scores`` (D,) and ``labels`` (D,). It normalises and pads the image,
    and ends with ONNX's NonMaxSuppression. A note in the file holds the names of the classes and
    how the test pipeline resizes images.

    Args:
        saved: The detector and its config.
        file: The file to write.
        size: The height and width in pixels of the image with which the graph is traced.

    Raises:
        InputError: The detector has parts that are not covered, its test pipeline has steps that
            are not, the package onnx is not installed, or the file cannot be written.
    """
    if not saved.is_detector:
        raise InputError(f'{saved.source}: is not a detector; leave --whole out for its backbone')
    note = dict(classes=saved.classes, resize=_resize(saved))
    net = TracedDetector(saved.model, saved.source).eval()
    outputs = 'boxes', 'scores', 'labels'
    axes = {'image': {2: 'H', 3: 'W'}} | {name: {0: 'D'} for name in outputs}
    image = torch.from_numpy(noise(size)).permute(2, 0, 1)[None].float()
    write_onnx(net, image, file, outputs, axes, {NOTE: json.dumps(note)})


def _resize(saved: SavedModel) -> dict | None:
    """The step of the test pipeline that changes the size of an image."""
    resize = None
    for step in saved.test_pipeline:
        kind = str(step.get('type')).rpartition('.')[2]
        if kind == 'Resize' and set(step) <= {'type', '_scope_', 'scale', 'keep_ratio', 'backend'}:
            scale = to_2tuple(step['scale'])
            resize = dict(scale=scale, keep_ratio=step.get('keep_ratio', False))
        elif kind not in ('LoadImageFromFile', 'LoadAnnotations', 'PackDetInputs') or any(
            step.get(key, value) != value for key, value in _LOADER.items()
        ):
            raise InputError(
                f'{saved.source}: the test pipeline has a {kind} that predict.py does not know '
                'without PyTorch; leave --whole out for the backbone'
            )
    return resize


def noise(size: tuple[int, int]) -> np.ndarray:
    """An image with some structure, BGR in uint8, of a height and width in pixels."""
    coarse = np.random.default_rng(0).integers(0, 256, (12, 12, 3), dtype=np.uint8)
    return cv2.resize(coarse, size[::-1], interpolation=cv2.INTER_CUBIC)


def compare(predictor: Predictor, detector: OnnxDetector, image: np.ndarray) -> tuple[int, float]:
    """Compare what an ONNX file and PyTorch find in an image.

    Args:
        predictor: The detector in PyTorch.
        detector: The detector in onnxruntime.
        image: BGR in uint8 of shape (height, width, 3).

    Returns:
        The number of objects that were compared, and the largest difference of an edge of a box
        over the longer edge of the image; infinity if an object has no counterpart. Objects whose
        score is that of the lowest one are left out, because either side may cut them off.
    """
    all_of = expected, found = [model(image)[0]['objects'] for model in (predictor, detector)]
    floor = min((item['score'] for item in expected + found), default=0) + _NEAR
    expected, found = ([item for item in some if item['score'] > floor] for some in all_of)
    pairs = ((expected, all_of[1]), (found, all_of[0]))
    distances = [_distance(item, others) for some, others in pairs for item in some]
    return len(expected), max(distances, default=0.0) / max(image.shape[:2])


def _distance(item: dict, others: list[dict]) -> float:
    """How far the nearest object of the same class and score is, in pixels of an edge."""
    return min(
        (
            float(np.abs(np.subtract(item['box'], other['box'])).max())
            for other in others
            if other['class'] == item['class'] and abs(other['score'] - item['score']) < _NEAR
        ),
        default=float('inf'),
    )
