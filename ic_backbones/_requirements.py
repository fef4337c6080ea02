"""One sentence where an OpenMMLab package is missing."""

from importlib.util import find_spec


def missing_sentence(*packages: str) -> str:
    """What to install for those of ``packages`` that are not there; empty if all are."""
    missing = [name for name in packages if find_spec(name) is None]
    if not missing:
        return ''
    return (
        f'ic_backbones needs {" and ".join(missing)}: install one family of the OpenMMLab '
        "packages, `pip install 'ic-backbones[onedl]'` (maintained forks, recent torch) or "
        "`pip install 'ic-backbones[openmmlab]'` (official packages, torch <= 2.1)."
    )


def require(*packages: str) -> None:
    """Raise an ImportError that says what to install if one of ``packages`` is missing."""
    sentence = missing_sentence(*packages)
    if sentence:
        raise ImportError(sentence)
