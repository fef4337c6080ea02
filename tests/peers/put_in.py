"""Running a test file of another library with classes of this project in the place of its own."""

import os
from importlib.util import find_spec
from pathlib import Path

import pytest


class PutIn:
    """A plugin of pytest that exchanges names in test modules and counts how the tests end.

    Args:
        names: The classes to put in, by the names that a test module imports.
    """

    def __init__(self, names: dict[str, type]) -> None:
        self.names = {name: _refusing_as_peers_do(cls) for name, cls in names.items()}
        self.exchanged: set[str] = set()
        self.outcomes: dict[str, str] = {}

    def pytest_itemcollected(self, item: pytest.Item) -> None:
        for name, cls in self.names.items():
            if hasattr(item.module, name):
                setattr(item.module, name, cls)
                self.exchanged.add(name)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == 'call' or report.outcome != 'passed':
            self.outcomes[report.nodeid.split('::', 1)[1]] = report.outcome


class Refusal(ValueError, AssertionError, KeyError):
    """What the peers' tests expect for a wrong argument; here all of them are ValueErrors."""


def _refusing_as_peers_do(cls: type) -> type:
    def __init__(self, *args, **kwargs) -> None:
        try:
            cls.__init__(self, *args, **kwargs)
        except ValueError as error:
            raise Refusal(str(error)) from error

    return type(cls.__name__, (cls,), dict(__init__=__init__))


def run(file: Path, names: dict[str, type]) -> PutIn:
    """Run ``file`` with the classes of ``names`` put in, apart from this project's own suite."""
    plugin = PutIn(names)
    options = ['-q', '-p', 'no:cacheprovider', '-c', os.devnull, '--rootdir', str(file.parent)]
    pytest.main([*options, str(file)], plugins=[plugin])
    return plugin


def source_of(package: str) -> Path | None:
    """The checkout of a peer: what ``PEERS_<PACKAGE>`` names, or the one that is installed."""
    given = os.environ.get(f'PEERS_{package.upper()}')
    spec = find_spec(package)
    root = Path(given) if given else Path(spec.origin).parents[1] if spec else None
    return root if root and (root / 'tests/test_models').is_dir() else None
