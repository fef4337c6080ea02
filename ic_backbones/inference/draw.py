"""Boxes and labels on pictures, with cv2 alone: it draws a frame of a video in a millisecond."""

from collections.abc import Sequence

import cv2
import numpy as np

# Colours that the colour-blind can tell apart (Okabe and Ito), BGR.
COLORS = (
    (178, 114, 0), (0, 94, 213), (115, 158, 0), (167, 121, 204), (0, 159, 230), (233, 180, 86),
    (66, 228, 240),
)  # fmt: skip


def name_of(label: int, classes: Sequence[str]) -> str:
    """The name of a class, also where nothing names it."""
    return classes[label] if label < len(classes) else f'class {label}'


def color_of(name: str, classes: Sequence[str]) -> tuple[int, int, int]:
    """The colour of a class."""
    return COLORS[classes.index(name) % len(COLORS) if name in classes else 0]


def draw_box(
    image: np.ndarray, box: Sequence[float], text: str, color: tuple[int, int, int]
) -> None:
    """Draw a box with a label into an image.

    Args:
        image: BGR in uint8, of shape (height, width, 3); it is changed.
        box: Left, top, right and bottom in pixels.
        text: The label, which may be empty.
        color: BGR.
    """
    thickness = max(1, round(max(image.shape[:2]) / 400))
    left, top, right, bottom = (round(edge) for edge in box)
    cv2.rectangle(image, (left, top), (right, bottom), color, thickness, cv2.LINE_AA)
    if text:
        draw_text(image, text, (left, top), color)


def draw_text(
    image: np.ndarray, text: str, corner: tuple[int, int], color: tuple[int, int, int]
) -> None:
    """Write white text on a coloured ground, above ``corner`` if there is room for it."""
    scale = max(0.4, max(image.shape[:2]) / 1600)
    thickness = max(1, round(scale * 1.5))
    text = text.encode('ascii', 'replace').decode()  # what cv2's font has
    (width, height), base = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, thickness)
    left = max(0, min(corner[0], image.shape[1] - width - 4))
    bottom = corner[1] if corner[1] >= height + base else corner[1] + height + base
    cv2.rectangle(image, (left, bottom - height - base), (left + width + 4, bottom), color, -1)
    cv2.putText(
        image, text, (left + 2, bottom - base + 1), cv2.FONT_HERSHEY_SIMPLEX, scale,
        (255, 255, 255), thickness, cv2.LINE_AA,
    )  # fmt: skip


def draw_prediction(image: np.ndarray, prediction: dict, classes: Sequence[str]) -> np.ndarray:
    """A copy of ``image`` with the objects or the most likely class of its prediction.

    Args:
        image: BGR in uint8, of shape (height, width, 3).
        prediction: What a predictor returned for it.
        classes: The names of all classes, by which the colours are chosen.
    """
    image = image.copy()
    for item in reversed(prediction.get('objects', [])):  # the best on top
        label = f'{item["class"]} {item["score"]:.2f}'
        draw_box(image, item['box'], label, color_of(item['class'], classes))
    for item in prediction.get('classes', [])[:1]:
        label = f'{item["class"]} {item["score"]:.2f}'
        draw_text(image, label, (0, 0), color_of(item['class'], classes))
    return image
