"""Bring the tables of studies in docs/ up to date with the results, and draw their pictures.

    python benchmarks/study_docs.py [docs/results_ic.md ...]

A page has the command of a study, indented by four, and tables below it; those that begin with
"network" or "question" get the lines that the command prints, in the columns that they have. All
results must be there: nothing is trained.
"""

import argparse
import re
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from command_line import require_picture
from study import equal_time_runs
from study_compare import markdown, table, together_table
from study_costs import kept_costs
from study_file import Study, read_study
from study_picture import curves_picture
from study_runs import Run, runs_of

from ic_backbones.errors import InputError, one_line, writing
from ic_backbones_tools.command import run_tool

COMMAND = re.compile(
    r'^    python benchmarks/study\.py (?P<study>\S+) --seeds (?P<seeds>[1-9]\d*)'
    r'(?P<timed> --equal-time)?\n',
    re.MULTILINE,
)
# A command and what stands below it, up to another one or a heading.
SECTION = re.compile(rf'{COMMAND.pattern}(?:(?!#|    python ).*\n)*', re.MULTILINE)
TABLE = re.compile(r'^\| (?:network|question) \|.*\n(?:\|.*\n)+', re.MULTILINE)


def updated(page: str, draw: Callable[[Study, list[Run]], None] = lambda study, runs: None) -> str:
    """A page with the tables that its commands print.

    Args:
        page: The text of the page.
        draw: Draws the picture of a study's runs, at their own lengths.

    Raises:
        InputError: A training has no result, its costs are not known, or a command or a table is
            missing or written otherwise than here.
    """
    for line in page.splitlines(keepends=True):
        if line.startswith('    python benchmarks/study.py') and not COMMAND.fullmatch(line):
            raise InputError(
                f'{line.strip()}: this cannot be read; write STUDY --seeds N, and --equal-time '
                'after it if need be'
            )
    return SECTION.sub(partial(_updated_section, draw), page)


def _updated_section(draw: Callable[[Study, list[Run]], None], section: re.Match) -> str:
    if '\n| network |' not in section[0]:
        raise InputError(
            f"{section['study']}: its command has no table; add one that begins with 'network'"
        )
    study = read_study(section['study'])
    runs = _finished(runs_of(study, int(section['seeds'])))
    costs = kept_costs(study)
    if costs is None:
        raise InputError(f'{study.results}/costs.json: it is not up to date; run the study first')
    timed = []
    if section['timed']:
        timed = _finished(equal_time_runs(study, runs, costs.steps))
    else:
        draw(study, runs)
    tables = {
        'network': table(study, runs, timed, costs),
        'question': together_table(study, runs),
    }
    return TABLE.sub(lambda old: _chosen(old[0], tables), section[0])


def _finished(runs: list[Run]) -> list[Run]:
    for run in runs:
        if run.result() is None:
            raise InputError(f'{run.study.results}: {run.name} has no result; run the study first')
    return runs


def _chosen(old: str, tables: dict[str, list[list[str]]]) -> str:
    """The columns of a table that an old one has, in its order."""
    names = old.splitlines()[0].strip('| ').split(' | ')
    lines, columns, start = tables[names[0]], [], 0
    if len(lines) == 1:
        raise InputError('a table of questions is below a study without any; remove it')
    for name in names:
        if name not in lines[0][start:]:
            raise InputError(f'{name}: no column of the study is called so; correct the page')
        columns.append(lines[0].index(name, start))
        start = columns[-1] + 1
    return markdown([[line[column] for column in columns] for line in lines]) + '\n'


def _draw(study: Study, runs: list[Run]) -> None:
    require_picture(study.picture, 'picture')
    curves_picture(study, runs)


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('pages', type=Path, nargs='*', help='default: docs/results_*.md')
    pages = parser.parse_args(argv).pages or sorted(Path('docs').glob('results_*.md'))
    if not pages:
        raise InputError('docs: it holds no results_*.md; run this in the root of the repository')
    for page in pages:
        try:
            text = page.read_text(encoding='utf-8')
        except (OSError, ValueError) as error:
            raise InputError(
                f'{page}: it cannot be read ({one_line(error)}); name a page'
            ) from error
        try:
            text = updated(f'{text.rstrip()}\n', _draw)  # the patterns need a last newline
        except InputError as error:
            raise InputError(f'{page}: {error}') from error
        with writing(page):
            page.write_text(text, encoding='utf-8')
        print(page, flush=True)


if __name__ == '__main__':
    run_tool(main)
