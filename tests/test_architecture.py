"""docs/architecture.md lists every part of the package, and parts import only from rows above."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
OUTSIDE = {'benchmarks', 'configs', 'ic_backbones_tools', 'tests', 'tools'}


def rows() -> list[list[str]]:
    """The parts in each row of the page's first table."""
    page = (ROOT / 'docs' / 'architecture.md').read_text()
    lines = page.partition('## Parts')[2].partition('\n## ')[0].splitlines()
    return [re.findall(r'`(\w+)`', line.split('|')[1]) for line in lines if line.startswith('| `')]


def imports() -> list[tuple[str, list[str]]]:
    """Each file of the package with each of the dotted names that it imports, also in functions."""
    found = []
    for path in sorted((ROOT / 'ic_backbones').rglob('*.py')):
        module = path.relative_to(ROOT).with_suffix('').parts
        if module[1] == '.mim':  # links to configs/ and tools/, or copies of them
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                found += [(module, alias.name.split('.')) for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                package = module[: len(module) - node.level] if node.level else ()
                source = [*package, *(node.module or '').split('.')]
                found += [(module, [*filter(None, source), alias.name]) for alias in node.names]
    return found


def test_every_part_is_in_the_table():
    paths = (ROOT / 'ic_backbones').glob('*')
    parts = {path.stem for path in paths if path.suffix == '.py' or any(path.glob('*.py'))}
    assert parts - {'__init__'} == {part for row in rows() for part in row}


def test_parts_import_only_from_the_rows_above():
    row_of = {part: number for number, row in enumerate(rows()) for part in row}
    wrong = []
    for module, name in imports():
        part, other = module[1], name[1] if name[0] == 'ic_backbones' else None
        if name[0] in OUTSIDE or name[1:3] == ['runs', 'options']:
            wrong.append((module, name))
        elif part != '__init__' and other in row_of and other != part:
            if row_of[other] >= row_of[part]:
                wrong.append((module, name))
    assert not wrong
