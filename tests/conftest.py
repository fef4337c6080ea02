import sys
from pathlib import Path

import pytest
from mmengine.registry import DefaultScope

sys.path.insert(0, str(Path(__file__).parents[1]))  # tools/ is not part of the package


@pytest.fixture(autouse=True)
def own_default_scope():
    """A Runner leaves its default scope behind, and the next test would depend on it."""
    DefaultScope._instance_dict.clear()
    yield
    DefaultScope._instance_dict.clear()
