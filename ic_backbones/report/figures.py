"""The figures of a report, as SVG texts that a page can hold."""

import base64
import io
import warnings

import cv2
import mmcv
import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure

from ..inference.draw import COLORS, draw_box
from ..runs.curves import as_text
from .mistakes import Matched
from .precision import RECALLS, THRESHOLDS, Precision

_ALARM, _MISSED, _HIT, _CONFUSED = COLORS[:4]
_LEGEND = 12  # with more classes, the mean alone is drawn in colour
_TILE = 480, 360  # the largest width and height of a picture in pixels


def precision_recall(precision: Precision) -> Figure:
    """Precision over recall at IoU 0.5, a curve for each class."""
    return _per_class(precision, RECALLS, precision.precisions, ('recall', 'precision'))


def f1(precision: Precision) -> Figure:
    """F1 over the threshold of the score, a curve for each class, with the best threshold."""
    figure = _per_class(precision, THRESHOLDS, precision.f1_at, ('lowest score', 'F1'))
    figure.axes[0].axvline(precision.score_thr, color='black', linestyle=':', linewidth=1)
    return figure


def _per_class(
    precision: Precision, x: np.ndarray, curves: np.ndarray, names: tuple[str, str]
) -> Figure:
    figure = Figure(figsize=(5.5, 4), layout='constrained')
    axes = figure.subplots()
    present = precision.objects > 0
    is_few = present.sum() <= _LEGEND
    for name, curve in zip(np.array(precision.classes)[present], curves[present], strict=True):
        style = dict(label=as_text(name)) if is_few else dict(color='0.8')
        axes.plot(x, curve, linewidth=1.2, **style)
    if present.sum() > 1:
        axes.plot(x, curves[present].mean(0), color='black', linewidth=2, label='mean')
    axes.set(xlabel=names[0], ylabel=names[1], xlim=(0, 1), ylim=(0, 1.02))
    axes.grid(alpha=0.3)
    if present.any():
        axes.legend(fontsize='small')
    return figure


def confusion_figure(matrix: np.ndarray, classes: tuple[str, ...]) -> Figure:
    """The confusion matrix, coloured by the share of each row."""
    edge = min(12, 3 + 0.45 * len(matrix))
    figure = Figure(figsize=(edge + 1, edge), layout='constrained')
    axes = figure.subplots()
    shares = matrix / np.maximum(1, matrix.sum(1, keepdims=True))
    axes.imshow(shares, cmap='Blues', vmin=0, vmax=1)
    for row, column in np.argwhere(matrix):
        color = 'white' if shares[row, column] > 0.5 else 'black'
        axes.text(column, row, matrix[row, column], ha='center', va='center', color=color)
    names = [as_text(name) for name in classes]
    axes.set_xticks(range(len(matrix)), [*names, 'missed'], rotation=90)
    axes.set_yticks(range(len(matrix)), [*names, 'false alarm'])
    axes.set(xlabel='found as', ylabel='is')
    return figure


def svg(figure: Figure) -> str:
    """A figure as the address of an image that holds it."""
    file = io.StringIO()
    # As text, names have the reader's letters, which are more than matplotlib's.
    settings = {'svg.hashsalt': 'ic_backbones', 'svg.fonttype': 'none'}
    with rc_context(settings), warnings.catch_warnings():
        warnings.filterwarnings('ignore', 'Glyph .* missing')
        figure.savefig(file, format='svg', metadata=dict(Date=None))
    return _address('svg+xml', file.getvalue().encode())


def mistakes_picture(item: Matched, classes: tuple[str, ...]) -> str:
    """An image with its misses, false alarms and confusions, as the address of a small JPEG."""
    image = item.image
    picture = mmcv.imread(image.file, backend='cv2')  # whose size the data set has checked
    scale = min(1, _TILE[0] / picture.shape[1], _TILE[1] / picture.shape[0])
    picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)

    def draw(box: np.ndarray, text: str, color: tuple[int, int, int]) -> None:
        draw_box(picture, box * scale, text, color)

    confused = item.confused
    for obj, det in item.hits:
        if (obj, det) not in confused:
            draw(image.found_boxes[det], '', _HIT)
    for det in item.alarms:
        text = f'{classes[image.found_labels[det]]} {image.scores[det]:.2f}'
        draw(image.found_boxes[det], text, _ALARM)
    for obj, det in confused:
        text = f'{classes[image.found_labels[det]]}, is {classes[image.labels[obj]]}'
        draw(image.found_boxes[det], text, _CONFUSED)
    for obj in item.missed:
        draw(image.boxes[obj], f'missed {classes[image.labels[obj]]}', _MISSED)
    return _address('jpeg', cv2.imencode('.jpg', picture, [cv2.IMWRITE_JPEG_QUALITY, 80])[1])


def _address(kind: str, data: bytes | np.ndarray) -> str:
    return f'data:image/{kind};base64,{base64.b64encode(data).decode()}'
