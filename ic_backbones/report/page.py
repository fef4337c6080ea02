"""A report as one HTML file that needs no other file and no network."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import jinja2
import numpy as np

from ..errors import InputError
from ..runs.curves import draw, read_curves
from .examined import Examined
from .figures import confusion_figure, f1, mistakes_picture, precision_recall, svg
from .mistakes import Matched, confusion, match, worst
from .precision import THRESHOLDS, Precision

TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
)
WORST = 12

Table = list[list[str]]


@dataclass(frozen=True)
class Report:
    """Everything that a report is about.

    Attributes:
        title: Its title.
        images: The images of the test.
        precision: AP and curves of the test.
        score_thr: The threshold for what is counted; None takes the one with the highest mean F1.
        data: A table of the data.
        work_dir: The folder with the log of the training.
        config: The text of the config.
        config_name: Its file.
    """

    title: str
    images: Sequence[Examined]
    precision: Precision
    score_thr: float | None
    data: Table
    work_dir: Path
    config: str
    config_name: str

    @property
    def threshold(self) -> float:
        """The threshold for what is counted."""
        return self.precision.score_thr if self.score_thr is None else self.score_thr

    def columns(self) -> dict[str, np.ndarray]:
        """The figures of each class, of shape (K,), by their names."""
        p, at = self.precision, int(np.abs(THRESHOLDS - self.threshold).argmin())
        return {
            'AP50': p.ap50,
            'AP50:95': p.ap,
            'precision': p.precision_at[:, at],
            'recall': p.recall_at[:, at],
            'F1': p.f1_at[:, at],
        }

    def means(self) -> dict[str, float]:
        """The means of these figures over the classes that have them."""
        return {name: _mean(column) for name, column in self.columns().items()}

    def class_table(self) -> Table:
        """The figures of each class and their means, under a head."""
        p, columns = self.precision, self.columns()
        rows = [
            [name, str(p.objects[k]), *(_number(column[k]) for column in columns.values())]
            for k, name in enumerate(p.classes)
        ]
        means = ['mean', str(p.objects.sum()), *map(_number, self.means().values())]
        return [['class', 'objects', *columns], *rows, means]

    def metrics(self) -> dict:
        """The figures for a JSON file; None where there is no figure."""
        columns = self.columns()
        classes = {
            name: {'objects': int(self.precision.objects[k])}
            | {key: _or_none(column[k]) for key, column in columns.items()}
            for k, name in enumerate(self.precision.classes)
        }
        means = {name: _or_none(mean) for name, mean in self.means().items()}
        return dict(means, score_thr=self.threshold, images=len(self.images), classes=classes)

    def html(self) -> str:
        """The page."""
        classes, means = self.precision.classes, self.means()
        matched = [match(image, self.threshold) for image in self.images]
        matrix = confusion(matched, len(classes))
        figures = {
            'Precision over recall at IoU 0.5': precision_recall(self.precision),
            'F1 over the lowest score that counts': f1(self.precision),
        }
        try:
            training, no_training = svg(draw(read_curves([self.work_dir]))), ''
        except InputError as error:
            training, no_training = '', str(error)
        return TEMPLATES.get_template('report.html.jinja').render(
            title=self.title,
            numbers=[
                ('AP at IoU 0.5', _number(means['AP50'])),
                ('AP at IoU 0.50:0.95', _number(means['AP50:95'])),
                (f'F1 from score {self.threshold:.2f}', _number(means['F1'])),
                ('images', len(self.images)),
                ('objects', self.precision.objects.sum()),
            ],
            score_thr=f'{self.threshold:.2f}',
            is_best=self.score_thr is None,
            classes=self.class_table(),
            figures=[(name, svg(figure)) for name, figure in figures.items()],
            confusion=svg(confusion_figure(matrix, classes)),
            worst=[
                (_caption(item), mistakes_picture(item, classes)) for item in worst(matched, WORST)
            ],
            training=training,
            no_training=no_training,
            data=self.data,
            config=self.config,
            config_name=self.config_name,
        )


def data_table(datasets: dict[str, object], classes: Sequence[str]) -> Table:
    """Objects, images and sizes of each class in each data set, under a head.

    Args:
        datasets: Data sets of mmdet by the names of their splits.
        classes: The names of the classes.
    """
    head, rows = ['class'], [[name] for name in (*classes, 'images')]
    for split, dataset in datasets.items():
        head += [f'{split}: objects', 'images', 'median size']
        infos = [dataset.get_data_info(index) for index in range(len(dataset))]
        for label, row in enumerate(rows[:-1]):
            boxes = [
                [item['bbox'] for item in info['instances'] if item['bbox_label'] == label]
                for info in infos
            ]
            flat = np.array([box for some in boxes for box in some], float).reshape(-1, 4)
            row += [str(len(flat)), str(sum(map(bool, boxes))), _median_size(flat)]
        rows[-1] += ['', str(len(infos)), '']
    return [head, *rows]


def _median_size(boxes: np.ndarray) -> str:
    if not len(boxes):
        return '–'
    width, height = np.median(boxes[:, 2:] - boxes[:, :2], 0)
    return f'{width:.0f}×{height:.0f}'


def _caption(item: Matched) -> str:
    counts = {
        'missed': len(item.missed),
        'false alarms': len(item.alarms),
        'of another class': len(item.confused),
    }
    said = ', '.join(f'{count} {name}' for name, count in counts.items() if count)
    return f'{Path(item.image.file).name}: {said}'


def _mean(values: np.ndarray) -> float:
    """The mean without NaN; NaN where nothing is left."""
    values = values[~np.isnan(values)]
    return float(values.mean()) if len(values) else float('nan')


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 4)


def _number(value: float) -> str:
    return '–' if np.isnan(value) else f'{value:.3f}'
