"""Predicting many pictures, some of which may be broken."""

import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple, Protocol

import cv2
import numpy as np
from tqdm import tqdm

from ..errors import InputError, did_you_mean
from .results import PICTURES, Results
from .sources import File, find_files


class Predicts(Protocol):
    """A predictor of a checkpoint or of an ONNX file."""

    is_detector: bool
    classes: Sequence[str]

    def __call__(self, images: Path | np.ndarray) -> list[dict]: ...


class Choice(NamedTuple):
    """Which predictions are kept.

    Attributes:
        score_thr: The lowest score of an object.
        classes: The classes of the objects; empty keeps all.
        top: The number of classes of a classifier.
    """

    score_thr: float = 0.3
    classes: tuple[str, ...] = ()
    top: int = 5

    def of(self, prediction: dict) -> dict:
        """What is kept of a prediction."""
        if 'classes' in prediction:
            return dict(classes=prediction['classes'][: self.top])
        return dict(
            objects=[
                item
                for item in prediction['objects']
                if item['score'] >= self.score_thr
                and (not self.classes or item['class'] in self.classes)
            ]
        )


def choose(
    predictor: Predicts, score_thr: float | None, classes: Sequence[str], top: int | None
) -> Choice:
    """The choice that options ask for.

    Args:
        predictor: The predictor whose predictions are chosen.
        score_thr: ``--score-thr``, for a detector; None is the default.
        classes: ``--classes``, for a detector.
        top: ``--top``, for a classifier; None is the default.

    Raises:
        InputError: An option is not for this model, or its value is out of range.
    """
    given = {'--score-thr': score_thr, '--classes': classes or None, '--top': top}
    of_others = ['--top'] if predictor.is_detector else ['--score-thr', '--classes']
    kind, other = ('detector', 'classifier')[:: 1 if predictor.is_detector else -1]
    for option in of_others:
        if given[option] is not None:
            raise InputError(
                f'{option}: is for a {other}, and this model is a {kind}; leave it out'
            )
    if score_thr is not None and not 0 <= score_thr <= 1:
        raise InputError(f'--score-thr {score_thr:g}: is not a score; give a number from 0 to 1')
    if top is not None and top < 1:
        raise InputError(f'--top {top}: is not a number of classes; give 1 or more')
    for name in classes:
        if name not in predictor.classes:
            hint = did_you_mean(name, predictor.classes, 'give some of them')
            known = ', '.join(predictor.classes[:20])
            raise InputError(f"--classes: the model has no class '{name}', only {known}; {hint}")
    numbers = dict(score_thr=score_thr, top=top)
    return Choice(
        classes=tuple(classes),
        **{key: value for key, value in numbers.items() if value is not None},
    )


def predict_all(
    predictor: Predicts, sources: Sequence[str], out: Path, choice: Choice, model: str
) -> Results:
    """Predict all pictures and write the results; a broken picture is reported and left out.

    Args:
        predictor: The predictor.
        sources: What :func:`~ic_backbones.inference.sources.find_files` takes.
        out: The folder of the results, which exists.
        choice: Which predictions are kept.
        model: The name of the model's file, for the results.

    Returns:
        The results, which are written.

    Raises:
        InputError: A source names no picture, or a result cannot be written.
    """
    about = dict(model=model)
    if predictor.is_detector:
        about['score_thr'] = choice.score_thr
    with TemporaryDirectory() as downloads:
        files = find_files(sources, Path(downloads), out / PICTURES)
        total = sum(file.count() for file in files)
        with (
            Results(out, about, predictor.classes) as results,
            tqdm(total=total, desc='predicting', unit='image', disable=None) as bar,
        ):

            def report(error: InputError) -> None:
                results.unreadable.append(str(error))
                bar.write(f'error: {error}', sys.stderr)

            for file in files:
                for frame, image, prediction in _predict(predictor, file, report):
                    results.add(file, frame, image, choice.of(prediction))
                    bar.update()
    return results


def _predict(
    predictor: Predicts, file: File, report: Callable[[InputError], None]
) -> Iterator[tuple[int | None, np.ndarray, dict]]:
    """The number of the frame, the image and its prediction, for all that can be read."""
    try:
        if file.is_video:
            for number, image in enumerate(file.frames()):
                yield number, image, predictor(image)[0]
        else:
            image = file.image()
            yield None, image, predictor(file.path)[0]
    except InputError as error:
        report(error)
    except cv2.error as error:  # such as a picture too thin to be scaled
        report(InputError(f'{file.origin}: cannot be scaled ({error.err}); leave it out'))
