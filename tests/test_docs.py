"""The pages, and the files that tell others about the project, are whole and agree."""

import ast
import importlib.util
import re
from functools import cache
from pathlib import Path

import pytest
import yaml

import ic_backbones

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob('*.md'), *(ROOT / 'docs').rglob('*.md')])
REFERENCE = '\n'.join(page.read_text() for page in (ROOT / 'docs' / 'api').glob('*.md'))


@pytest.fixture(scope='module')
def hook():
    """The hook with which MkDocs reads the pages."""
    spec = importlib.util.spec_from_file_location('links', ROOT / 'docs' / 'hooks' / 'links.py')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def headings(page: Path) -> set[str]:
    """The anchors that a code forge gives the headings of a page."""
    titles = re.findall(r'^#+ (.+)$', page.read_text(), re.MULTILINE)
    return {re.sub(r'[^\w\s-]', '', title.lower()).replace(' ', '-') for title in titles}


def test_links_lead_to_files(hook):
    targets = {page: hook.linked_files(str(page.relative_to(ROOT))) for page in PAGES}
    assert sum(map(len, targets.values())) > 50
    for page, files in targets.items():
        assert [file for file in files if not (ROOT / file).exists()] == [], page


def test_anchors_are_headings():
    links = re.compile(r'\]\((?!\w+:)([^)#\s]*)#([^)]+)\)')
    found = [(page, *link) for page in PAGES for link in links.findall(page.read_text())]
    assert len(found) > 5
    for page, file, anchor in found:
        assert anchor in headings(page.parent / file if file else page), (page, file, anchor)


def test_the_hook_leads_from_the_site_to_the_forge(hook, caplog):
    page = type('Page', (), {'file': type('File', (), {'src_uri': 'api/ops.md'})})
    text = (
        '[a](../ic.md#x) [b](../../README.md) [c](../../configs) [d](http://d) [e](#e) ![f](f.png)'
    )
    url = hook.repository()
    assert hook.on_page_markdown(text, page, None, None) == (
        f'[a](../ic.md#x) [b](../index.md) [c]({url}/blob/main/configs) [d](http://d) [e](#e) '
        '![f](f.png)'
    )
    assert caplog.messages == ['api/ops.md: links to docs/api/f.png, which does not exist']
    page.file.src_uri = 'index.md'
    assert hook.on_page_markdown('![](docs/demo.jpg)', page, None, None) == '![](demo.jpg)'


def test_every_page_is_in_the_navigation(hook):
    def listed(entry):
        if isinstance(entry, str):
            return [entry]
        parts = entry.values() if isinstance(entry, dict) else entry
        return [page for part in parts for page in listed(part)]

    nav = listed(yaml.safe_load((ROOT / 'mkdocs.yml').read_text())['nav'])
    pages = [page.relative_to(ROOT / 'docs').as_posix() for page in PAGES if page.parent != ROOT]
    assert sorted(nav) == sorted([*pages, *hook.PAGES.values()])
    assert {str(page.relative_to(ROOT)) for page in PAGES if page.parent == ROOT} == set(hook.PAGES)


def test_lists_in_lists_are_indented_by_four():
    """MkDocs takes less for the outer list; a forge takes both."""
    nested = re.compile(r'^ {2,3}(?:[-*]|\d+\.) ', re.MULTILINE)
    assert [page.name for page in PAGES if nested.search(page.read_text())] == []


@cache
def modules() -> dict[str, ast.Module]:
    """The modules of the package, parsed."""
    files = [file for file in (ROOT / 'ic_backbones').rglob('*.py') if '.mim' not in file.parts]
    return {
        '.'.join(file.relative_to(ROOT).with_suffix('').parts): ast.parse(file.read_text())
        for file in files
    }


def test_every_registered_class_is_in_the_reference():
    listed = set(re.findall(r'^::: (\S+)$', REFERENCE, re.MULTILINE))
    parsed = modules()
    assert listed <= parsed.keys() | {name.removesuffix('.__init__') for name in parsed}
    registered = {
        name
        for name, module in parsed.items()
        for node in ast.walk(module)
        if isinstance(node, ast.ClassDef)
        and any('register_module' in ast.unparse(mark) for mark in node.decorator_list)
    }
    assert len(registered) > 20
    assert registered <= listed


def test_docstrings_are_markdown():
    """The reference renders them as such: no tables and no double colons of reStructuredText."""
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef)
    wrong = [
        (name, text)
        for name, module in modules().items()
        for node in ast.walk(module)
        if isinstance(node, kinds) and (text := ast.get_docstring(node))
        if re.search(r'::$|^ *={3,}', text, re.MULTILINE)
    ]
    assert wrong == []


def test_the_changelog_names_the_version():
    latest = re.search(r'^## ([\d.]+)', (ROOT / 'CHANGELOG.md').read_text(), re.MULTILINE)
    assert latest[1] == ic_backbones.__version__


def test_the_papers_are_cited():
    citation = yaml.safe_load((ROOT / 'CITATION.cff').read_text())
    assert {'cff-version', 'message', 'title', 'authors', 'repository-code'} <= citation.keys()
    papers = citation['references']
    assert all({'type', 'title', 'authors', 'year'} <= paper.keys() for paper in papers)
    addresses = {paper['url'] for paper in papers if 'url' in paper}
    sources = [ast.get_docstring(module) or '' for module in modules().values()]
    for address in addresses:
        assert any(address in source for source in sources), address
    assert len(papers) == 4 and len(addresses) == 3


def test_the_address_stands_in_one_place(hook):
    kinds = {'.md', '.py', '.yml', '.toml', '.cff'}
    files = [file for file in ROOT.iterdir() if file.suffix in kinds]
    for folder in ('docs', '.github', 'ic_backbones', 'tools'):
        files += [file for file in (ROOT / folder).rglob('*') if file.suffix in kinds]
    assert [file.name for file in files if hook.repository() in file.read_text()] == [
        'CITATION.cff'
    ]


def test_the_workflow_calls_targets_of_make():
    targets = re.findall(r'^([a-z]+):', (ROOT / 'Makefile').read_text(), re.MULTILINE)
    workflow = (ROOT / '.github' / 'workflows' / 'ci.yml').read_text()
    called = re.findall(r'run: make (\w+)', workflow)
    assert set(called) == {'docs', 'lint', 'test'} <= set(targets)
    assert 'stack: [onedl, openmmlab]' in workflow
