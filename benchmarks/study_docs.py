"""Bring the tables of studies in docs/ up to date with the results, and draw their pictures.

    python benchmarks/study_docs.py [docs/results_ic.md ...]

A page has the command of a study, indented by four, and tables below it; those that begin with
"network" or "question" get the lines that the command prints, in the columns that they have. All
results must be there: nothing is trained.
"""

import argparse
import re
from collections.abc import Sequence
from pathlib import Path

from study import equal_time_runs
from study_compare import markdown, table, together_table
from study_costs import read_costs
from study_file import Study, read_study
from study_picture import curves_picture
from study_runs import Run, runs_of

from ic_backbones.errors import InputError
from ic_backbones_tools.command import run_tool

SECTION = re.compile(  # a command and what stands below it, up to another one or a heading
    r'^    python benchmarks/study\.py (?P<study>\S+) --seeds (?P<seeds>\d+)'
    r'(?P<timed> --equal-time)?\n(?:(?!#|    python ).*\n)*',
    re.MULTILINE,
)
TABLE = re.compile(r'^\| (?:network|question) .*\n(?:\|.*\n)+', re.MULTILINE)


def updated(page: str) -> str:
    """A page with the tables that its commands print.

    Raises:
        InputError: A training has no result, or a table has another column than the study.
    """
    return SECTION.sub(_updated_section, page)


def _updated_section(section: re.Match) -> str:
    study, runs = _study(section)
    costs = read_costs(study)
    timed = equal_time_runs(study, runs, costs.steps) if section['timed'] else []
    tables = {
        'network': table(study, runs, _finished(timed), costs),
        'question': together_table(study, runs),
    }
    return TABLE.sub(lambda old: _chosen(old[0], tables), section[0])


def _study(section: re.Match) -> tuple[Study, list[Run]]:
    name = Path(section['study']).stem
    study = read_study(
        section['study'],
        work_dir=Path(f'work_dirs/studies/{name}'),
        results=Path(f'benchmarks/results/{name}'),
    )
    return study, _finished(runs_of(study, int(section['seeds'])))


def _finished(runs: list[Run]) -> list[Run]:
    for run in runs:
        if run.result() is None:
            raise InputError(f'{run.study.results}: {run.name} has no result; run the study first')
    return runs


def _chosen(old: str, tables: dict[str, list[list[str]]]) -> str:
    """The columns of a table that an old one has, in its order."""
    names = old.splitlines()[0].strip('| ').split(' | ')
    lines, columns, start = tables[names[0]], [], 0
    for name in names:
        if name not in lines[0][start:]:
            raise InputError(f'{name}: no column of the study is called so; correct the page')
        columns.append(lines[0].index(name, start))
        start = columns[-1] + 1
    return markdown([[line[column] for column in columns] for line in lines]) + '\n'


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('pages', type=Path, nargs='*', help='default: docs/results_*.md')
    for page in parser.parse_args(argv).pages or sorted(Path('docs').glob('results_*.md')):
        text = page.read_text(encoding='utf-8')
        page.write_text(updated(text), encoding='utf-8')
        for section in SECTION.finditer(text):
            if not section['timed']:
                study, runs = _study(section)
                curves_picture(study, runs, Path(f'docs/studies/{study.results.name}.png'))
        print(page, flush=True)


if __name__ == '__main__':
    run_tool(main)
