"""Every config, merged with its bases, has the digest that merged_configs.txt lists.

A changed line in a base can change many configs, and this test names them. After an intended
change, ``python tests/test_merged_configs.py`` writes the list again and prints the new lines.
"""

import hashlib
import json
from functools import cache
from pathlib import Path

from helpers import CONFIGS, shipped_configs
from mmengine.config import Config
from mmengine.config import utils as config_utils

LIST = Path(__file__).with_name('merged_configs.txt')


def digest(path: Path) -> str:
    """Digest of all keys except the files' own variables, whose names begin with an underscore."""
    merged = Config.fromfile(path).to_dict()
    kept = {key: value for key, value in merged.items() if not key.startswith('_')}
    return hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()[:16]


def digests() -> list[str]:
    """A line for each config: its digest and its path in ``configs/``."""
    return [
        f'{digest(path)} {path.relative_to(CONFIGS)}'
        for path in shipped_configs('**/*.py')
        if path.parent.name != '_base_'
    ]


def test_merged_configs():
    assert digests() == LIST.read_text().splitlines()


if __name__ == '__main__':
    config_utils.load = cache(config_utils.load)  # as in conftest.py, which runs with pytest alone
    before, lines = LIST.read_text().splitlines(), digests()
    LIST.write_text('\n'.join(lines) + '\n')
    print('\n'.join(line for line in lines if line not in before) or 'nothing has changed')
