"""Other values for the variables of a config file, which change whatever it computes from them.

mmengine applies an option to the finished config: ``max_epochs=20`` would change only the key
``max_epochs``, after the file has computed the schedule from it.
"""

import ast
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmengine.config import Config


def copy_with(values: Mapping[str, Any], path: Path, folder: Path) -> Path:
    """Copy a config file, with other values for variables wherever the file assigns them.

    Args:
        values: The values, by variable; ``repr`` must write each of them as Python.
        path: A config file that mmengine can read.
        folder: The folder for the copies of this file and of the local files that it inherits from.
            Each copy keeps its name.
    """
    text = path.read_text(encoding='utf-8')
    if path.suffix != '.py' or 'read_base' in text:  # JSON and YAML; mmengine's lazy configs
        return path
    lines = text.splitlines()
    for node in reversed(ast.parse(text).body):
        names = assigned(node)
        if '_base_' in names:
            bases = Config._get_base_files(str(path))  # evaluates what stands there
            copies = [_copy_base(values, path.parent / base, base, folder) for base in bases]
            lines[node.lineno - 1 : node.end_lineno] = [f'_base_ = {copies!r}']
        lines[node.end_lineno : node.end_lineno] = [
            f'{name} = {values[name]!r}' for name in sorted(names & values.keys())
        ]
    copy = Path(tempfile.mkdtemp(dir=folder), path.name)
    copy.write_text('\n'.join(lines) + '\n', encoding='utf-8')
    return copy


def assigned(node: ast.stmt) -> set[str]:
    """The names that a statement assigns a value to."""
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, 'target', None)]
    return {
        name.id
        for target in filter(None, targets)
        for name in ast.walk(target)
        if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)
    }


def _copy_base(values: Mapping[str, Any], path: Path, base: str, folder: Path) -> str:
    """A copy of a local base; that of another package, ``mmdet::...``, stays as it is."""
    return str(copy_with(values, path.resolve(), folder)) if path.is_file() else base
