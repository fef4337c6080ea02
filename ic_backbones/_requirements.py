"""One sentence if a package is missing."""

from importlib.util import find_spec

from .errors import InputError


def missing_sentence(*packages: str) -> str:
    """What to install for those of ``packages`` that are missing; empty if none are."""
    missing = [name for name in packages if find_spec(name) is None]
    if not missing:
        return ''
    return (
        f'ic_backbones: needs {" and ".join(missing)}; install one family of the OpenMMLab '
        "packages, `pip install 'ic-backbones[onedl]'` (maintained forks, recent torch) or "
        "`pip install 'ic-backbones[openmmlab]'` (official packages, torch <= 2.1)"
    )


def require(*packages: str) -> None:
    """Check that packages are installed.

    Raises:
        ImportError: One is missing; the message says what to install.
    """
    sentence = missing_sentence(*packages)
    if sentence:
        raise ImportError(sentence, name='ic_backbones')


def require_extra(use: str, package: str, extra: str, module: str | None = None) -> None:
    """Check that an optional package is installed.

    Args:
        use: What needs the package, in the plural; it begins the error's sentence.
        package: The name of the package for pip.
        extra: The extra of this project that installs it.
        module: The name under which the package is imported, if it differs.

    Raises:
        InputError: The package is not installed.
    """
    if find_spec(module or package) is None:
        raise InputError(
            f"{use}: need the package {package}; `pip install 'ic-backbones[{extra}]'`"
        )
