"""A study file: the tables that it holds."""

import runpy
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path

from mmengine.config import Config
from study_checks import check_tables

from ic_backbones.config_file import read_config
from ic_backbones.errors import InputError, one_line


@dataclass(frozen=True)
class Study:
    """The tables of a study file, and where its training runs, results and picture lie.

    Attributes:
        together: Pairs of rows by the question that they answer together: a row, and the one that
            it is compared with.
        prepare: What the file does before its first training, such as making data.
    """

    rows: Mapping[str, dict]
    common: Mapping[str, object]
    work_dir: Path
    results: Path
    picture: Path
    together: Mapping[str, list[tuple[str, str]]] = field(default_factory=dict)
    prepare: Callable[[], None] | None = None

    @cached_property
    def read_once(self) -> Callable[[str], Config]:
        """Reads a config file, at the first call alone: reading takes longer than copying."""
        return cache(read_config)

    def against(self, label: str) -> list[str]:
        """The rows that a row is compared with."""
        names = self.rows[label].get('against', next(iter(self.rows)))
        return [names] if isinstance(names, str) else names

    def families(self) -> list[list[str]]:
        """The rows in groups: each is in that of the first row that it is compared with."""
        first = {}
        for label in self.rows:
            against = self.against(label)[0]
            first[label] = first.get(against, label)
        return [
            [label for label in self.rows if first[label] == root]
            for root in dict.fromkeys(first.values())
        ]

    def comparisons(self) -> list[tuple[str, str]]:
        """Each row with each of those that it is compared with."""
        return [(label, against) for label in self.rows for against in self.against(label)]


def read_study(
    path: str,
    work_dir: str | None = None,
    results: str | None = None,
    picture: str | None = None,
) -> Study:
    """Read a study file.

    Args:
        path: The file.
        work_dir: By default work_dirs/studies/<name of the study>.
        results: By default benchmarks/results/<name of the study>.
        picture: By default docs/studies/<name of the study>.png.

    Raises:
        InputError: It cannot be read, or :func:`~study_checks.check_tables` finds a mistake.
    """
    if not Path(path).is_file():
        raise InputError(
            f'{path}: there is no such file; name a study, such as those in benchmarks/studies'
        )
    sys.path.insert(0, str(Path(path).parent))  # a study may import what several share
    try:
        tables = runpy.run_path(path)
    except (Exception, SystemExit) as error:  # a study is code: it can raise anything
        raise InputError(
            f'{path}: the study cannot be read ({one_line(error)}); correct it'
        ) from error
    try:
        check_tables(tables)
    except InputError as error:
        raise InputError(f'{path}: {error}') from error
    name = Path(path).stem
    return Study(
        tables['rows'],
        tables.get('common', {}),
        Path(work_dir or f'work_dirs/studies/{name}'),
        Path(results or f'benchmarks/results/{name}').absolute(),
        Path(picture or f'docs/studies/{name}.png'),
        tables.get('together', {}),
        tables.get('prepare'),
    )
