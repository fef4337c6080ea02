"""The pages of the repository as pages of the site: a hook of MkDocs.

A page is written for a code forge, so it links to other pages and to files by relative paths. On
the site, a link to a page stays one, and a link to any other file leads to the forge.
"""

import logging
import posixpath
import re
from functools import cache
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
PAGES = {  # outside docs/, and where they are on the site
    'README.md': 'index.md',
    'CHANGELOG.md': 'changelog.md',
    'CONTRIBUTING.md': 'contributing.md',
    'SECURITY.md': 'security.md',
}
LINK = re.compile(r'(?<=\]\()(?!\w+:|#)([^)#\s]+)')
LOG = logging.getLogger('mkdocs.hooks.links')  # MkDocs counts the warnings of its own loggers


@cache
def repository() -> str:
    """The address of the project on its forge."""
    return yaml.safe_load((ROOT / 'CITATION.cff').read_text())['repository-code']


def linked_files(source: str) -> list[str]:
    """The files that a page links to, from the root of the repository."""
    return [_file(source, match[1]) for match in LINK.finditer((ROOT / source).read_text())]


def _file(source: str, link: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(source), link))


def _on_site(file: str, page: str) -> str:
    """The link to a file of the repository from a page of the site."""
    if not (ROOT / file).exists():
        LOG.warning('%s: links to %s, which does not exist', page, file)
    if file in PAGES or file.startswith('docs/'):
        target = PAGES.get(file, file.removeprefix('docs/'))
        return posixpath.relpath(target, posixpath.dirname(page) or '.')
    return f'{repository()}/blob/main/{file}'


def on_config(config):
    config.repo_url = repository()
    config.repo_name = config.site_name
    return config


def on_files(files, config):
    from mkdocs.structure.files import File

    for source, page in PAGES.items():
        files.append(File.generated(config, page, abs_src_path=str(ROOT / source)))
    return files


def on_page_markdown(markdown, page, config, files):
    page_uri = page.file.src_uri
    source = {page: source for source, page in PAGES.items()}.get(page_uri, f'docs/{page_uri}')
    return LINK.sub(lambda match: _on_site(_file(source, match[1]), page_uri), markdown)
