"""One sentence where a package is missing."""

from importlib.util import find_spec

from .errors import InputError


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


def require_extra(use: str, package: str, extra: str, module: str | None = None) -> None:
    """Refuse ``use``, as the sentence calls it, where an optional package is missing.

    Args:
        use: What needs it, a plural.
        package: Its name for pip.
        extra: Of this project, that holds it.
        module: Its name for ``import``, if another one.

    Raises:
        InputError: It is not installed.
    """
    if find_spec(module or package) is None:
        raise InputError(f"{use} need the package {package}: `pip install 'ic-backbones[{extra}]'`")
