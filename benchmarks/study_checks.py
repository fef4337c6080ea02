"""Checks of the tables of a study file; each mistake is one sentence."""

import json
import re
from collections.abc import Mapping

from study_digest import DECISIVE

from ic_backbones.errors import InputError, one_line

ROW = ('config', 'options', 'seeds', 'teacher', 'against')
# What a result is kept by; the seed is that of the run.
COUNTED = (*(key for key in DECISIVE if key != 'randomness'), 'default_hooks.memory_format')
# What a study sets for all its rows, and what results are not told apart by.
LOGGED = (
    'default_hooks.logger.interval',
    'default_hooks.checkpoint.interval',
    'default_hooks.checkpoint.save_best',
)


def check_tables(tables: Mapping[str, object]) -> None:
    """Check ``rows``, ``common``, ``together`` and ``prepare``.

    Raises:
        InputError: There are no rows, or something has another form than study.py describes; a row
            has a key or an override that would change nothing; a row or a question names what is
            not a row; or a row names one that is not above it.
    """
    rows = tables.get('rows')
    if not (rows and isinstance(rows, dict) and all(_is_row(*item) for item in rows.items())):
        raise InputError('it has no rows; write rows = {label: dict(config=...)}')
    files = {}
    for label in rows:
        name = file_name(label)
        if (other := files.setdefault(name, label)) != label:
            raise InputError(f'{other!r} and {label!r} have the same file name; rename one')
        if len(name) > 100 or '|' in label or re.search(r'_\d+_epochs$', name):
            raise InputError(
                f'{label!r}: a label has at most 100 characters and no |, and does not end in a '
                'number of epochs; rename it'
            )
    _check_overrides('common', tables.get('common', {}), (*COUNTED, *LOGGED))
    for index, label in enumerate(rows):
        _check_row(label, rows[label], list(rows)[:index])
    _check_together(tables.get('together', {}), rows)
    if not callable(tables.get('prepare', print)):
        raise InputError(f'it has prepare={tables["prepare"]!r}; write a function')


def file_name(label: str) -> str:
    """A row's label as part of a file name."""
    return ''.join(char if char.isalnum() or char in '-.⁻' else '_' for char in label)


def _is_row(label: object, row: object) -> bool:
    return isinstance(label, str) and isinstance(row, dict) and isinstance(row.get('config'), str)


def _check_row(label: str, row: dict, above: list[str]) -> None:
    if unknown := [key for key in row if key not in ROW]:
        raise InputError(f'{label!r} has {unknown[0]!r}; a row has only {", ".join(ROW)}')
    seeds = row.get('seeds', 1)
    if type(seeds) is not int or seeds < 1:
        raise InputError(f'{label!r} has seeds={seeds!r}; give 1 or more')
    against = row.get('against', label)
    against = [against] if isinstance(against, str) else against
    if not (against and isinstance(against, list)):
        raise InputError(f'{label!r} has against={against!r}; name a row')
    named = [('teacher', row['teacher'])] if 'teacher' in row else []
    named += [('against', name) for name in against]
    for key, name in named:
        if name not in above and (key, name) != ('against', label):
            raise InputError(
                f'{label!r} names {name!r} as its {key!r}, which is not a row above it; put it '
                'there'
            )
    options = row.get('options', {})
    _check_overrides(repr(label), options, COUNTED)
    filled = any('{teacher}' in value for value in options.values() if isinstance(value, str))
    if filled != ('teacher' in row):
        raise InputError(
            f"{label!r} has a teacher, or '{{teacher}}' as an option; write both or neither"
        )


def _check_overrides(where: str, options: object, allowed: tuple[str, ...]) -> None:
    if not isinstance(options, dict):
        raise InputError(f'{where} has {options!r} as overrides; write a dict')
    for key in options:
        if not any(f'{key}.'.startswith(f'{name}.') for name in allowed):
            raise InputError(
                f'{where} overrides {key!r}, by which results are not told apart; set it in the '
                'config'
            )
        try:
            json.dumps(options[key])
        except (TypeError, ValueError) as error:
            raise InputError(
                f'{where} overrides {key!r} with what is not plain data ({one_line(error)}); give '
                'numbers, texts, lists or dicts'
            ) from error


def _check_together(together: object, rows: Mapping[str, dict]) -> None:
    if not isinstance(together, dict):
        raise InputError('it has no questions; write together = {question: [(row, another row)]}')
    for question, pairs in together.items():
        if not isinstance(question, str):
            raise InputError(f'the question {question!r} is not a text; write one')
        if not (pairs and isinstance(pairs, list) and all(map(_is_pair, pairs))):
            raise InputError(f'{question!r} has no pairs; write [(row, another row)]')
        for label in (label for pair in pairs for label in pair):
            if label not in list(rows):
                raise InputError(
                    f'{question!r} names {label!r}, which is not a row; name one that is'
                )


def _is_pair(pair: object) -> bool:
    return isinstance(pair, tuple | list) and len(pair) == 2 and pair[0] != pair[1]
