"""Drawn images of four classes that differ by shape alone.

Colours, textures, sizes and angles come from the same distributions for all classes; objects lie on
cluttered ground, and some are occluded or cut off at the rim of the image.
"""

import cv2
import numpy as np

CLASSES = ('disc', 'square', 'triangle', 'star')

_SHIFT = 4  # cv2 takes coordinates in 1/16 pixel
_MIN_VISIBLE = 0.7  # of each object, after those in front of it


def draw(
    rng: np.random.RandomState, size: tuple[int, int] = (192, 160)
) -> tuple[np.ndarray, list[dict]]:
    """Draw one image.

    Args:
        rng: The source of all randomness (numpy never changes the streams of RandomState).
        size: Width and height in pixels.

    Returns:
        The BGR image, uint8 of shape (height, width, 3), and one dict per object: its ``name``, its
        ``box`` (x1, y1, x2, y2) clipped to the image, and whether it is ``truncated`` and
        ``occluded``.
    """
    image = _ground(rng, size)
    objects, whole, visible = [], [], []
    wanted = rng.randint(3, 7)
    for _ in range(8 * wanted):
        if len(objects) == wanted:
            break
        name = CLASSES[rng.randint(len(CLASSES))]
        cover = _cover(rng, name, size)
        behind = [seen * (1 - cover) for seen in visible]
        if any(b.sum() < _MIN_VISIBLE * w.sum() for b, w in zip(behind, whole, strict=True)):
            continue
        whole.append(cover)
        visible = [*behind, cover]
        x, y, w, h = cv2.boundingRect((cover > 0.5).astype(np.uint8))
        truncated = x == 0 or y == 0 or x + w == size[0] or y + h == size[1]
        objects.append({'name': name, 'box': (x, y, x + w, y + h), 'truncated': truncated})
        paint = _texture(rng, size, avoid=image[cover > 0.5].mean(0))
        image += cover[..., None] * (paint - image)
    for item, seen, cover in zip(objects, visible, whole, strict=True):
        item['occluded'] = bool(seen.sum() < 0.95 * cover.sum())
    image += rng.normal(0, 4, image.shape)
    return image.clip(0, 255).astype(np.uint8), objects


def _smooth_noise(rng: np.random.RandomState, size: tuple[int, int], cells: int) -> np.ndarray:
    """Noise in [0, 1] of shape (height, width, 3) that varies over 1/cells of the image."""
    return cv2.resize(rng.rand(cells, cells, 3), size, interpolation=cv2.INTER_CUBIC)


def _ground(rng: np.random.RandomState, size: tuple[int, int]) -> np.ndarray:
    """Blotches, strokes and arcs, whose edges and colours belong to no object."""
    image = 20 + 70 * _smooth_noise(rng, size, 4) + 50 * _smooth_noise(rng, size, 20)
    for _ in range(rng.randint(8, 16)):
        colour = rng.randint(0, 200, 3).tolist()
        thickness = int(rng.randint(1, 4))
        x, y = (rng.rand(2) * size).astype(int).tolist()
        if rng.rand() < 0.5:
            dx, dy = (rng.normal(0, 0.2, 2) * size).astype(int).tolist()
            cv2.line(image, (x, y), (x + dx, y + dy), colour, thickness)
        else:
            radii = (size[1] * rng.uniform(0.03, 0.25, 2)).astype(int).tolist()
            start = rng.uniform(0, 360)
            end = start + rng.uniform(30, 150)
            cv2.ellipse(image, (x, y), radii, rng.uniform(0, 180), start, end, colour, thickness)
    return image


def _cover(rng: np.random.RandomState, name: str, size: tuple[int, int]) -> np.ndarray:
    """The share of each pixel that a new object covers: (height, width), in [0, 1]."""
    corners = {'disc': 48, 'square': 4, 'triangle': 3, 'star': 10}[name]
    first = np.pi / 4 if name == 'square' else -np.pi / 2  # upright
    turns = first + 2 * np.pi * np.arange(corners) / corners
    points = np.stack([np.cos(turns), np.sin(turns)], 1)
    if name == 'star':
        points[1::2] *= 0.45
    radius = size[1] * np.exp(rng.uniform(np.log(0.09), np.log(0.27)))
    points *= radius * rng.uniform(0.9, 1.1, 2)
    angle = rng.uniform(-np.pi / 8, np.pi / 8)
    cos, sin = np.cos(angle), np.sin(angle)
    points = points @ np.array([[cos, sin], [-sin, cos]])
    points += rng.uniform(radius / 2, np.array(size) - radius / 2)  # the rim may be cut off
    mask = np.zeros(size[::-1], np.uint8)
    fixed = np.round(points * 2**_SHIFT).astype(np.int32)
    cv2.fillPoly(mask, [fixed], 255, cv2.LINE_AA, _SHIFT)
    return mask / 255


def _texture(rng: np.random.RandomState, size: tuple[int, int], avoid: np.ndarray) -> np.ndarray:
    """A pattern in two colours, (height, width, 3), far from the colour ``avoid``."""
    colours = rng.uniform(110, 255, (8, 3))  # the ground is darker
    colours = colours[np.argsort(-np.abs(colours - avoid).sum(1))][:4]
    base, other = colours[rng.permutation(4)[:2]]
    angle = rng.uniform(0, np.pi)
    x, y = np.meshgrid(np.arange(size[0]), np.arange(size[1]))
    frequency = 2 * np.pi / rng.uniform(5, 14)
    u = np.sin(frequency * (np.cos(angle) * x + np.sin(angle) * y))
    v = np.sin(frequency * (np.cos(angle) * y - np.sin(angle) * x))
    pattern = (np.zeros_like(u), u > 0, u * v > 0, u + v > 0.8)[rng.randint(4)]
    shade = 0.8 + 0.3 * _smooth_noise(rng, size, 3)
    return (base + 0.5 * pattern[..., None] * (other - base)) * shade
