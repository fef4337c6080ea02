"""How a tool ends: with its code, with a sentence, or with a traceback in a file."""

import errno
import logging
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from ic_backbones.errors import InputError, writing
from ic_backbones_tools.command import run_tool


@pytest.fixture(autouse=True)
def handler(monkeypatch):
    monkeypatch.setattr(logging, 'raiseExceptions', True)  # what run_tool changes
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


def ends_with(main) -> int | str | None:
    with pytest.raises(SystemExit) as caught:
        run_tool(main)
    return caught.value.code


def fail(error: BaseException):
    raise error


def test_the_code_of_the_tool_and_the_sentence_of_wrong_input():
    assert ends_with(lambda: 3) == 3
    assert ends_with(lambda: fail(InputError('it: wrong; do'))) == 'error: it: wrong; do'


def test_what_nobody_foresaw_is_a_sentence_that_names_the_traceback(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(tempfile, 'tempdir', str(tmp_path))
    sentence = ends_with(lambda: fail(KeyError('a\nb')))
    (file,) = tmp_path.iterdir()
    assert (
        f"an unforeseen KeyError: 'a\\nb'; please report it with the traceback in {file}"
        in sentence
    )
    assert '\n' not in sentence
    assert 'raise error\nKeyError' in Path(file).read_text()
    monkeypatch.setattr(tempfile, 'tempdir', str(tmp_path / 'full'))
    assert ends_with(lambda: fail(KeyError('a'))).endswith('with the traceback above')
    assert 'raise error\nKeyError' in capsys.readouterr().err


def test_a_reader_that_has_ended_is_not_an_error():
    """As in `list_models | head -1`, with more output than a pipe holds."""
    code = (
        'from ic_backbones_tools.command import run_tool\n'
        'run_tool(lambda: [print("x" * 999) for _ in range(999)] and None)'
    )
    with subprocess.Popen(
        [sys.executable, '-c', code], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b''
    assert process.returncode == 128 + signal.SIGPIPE


def test_sigterm_ends_a_tool_as_ctrl_c_does(capsys):
    # A job in the background of a shell starts with Ctrl-C ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    assert ends_with(lambda: signal.raise_signal(signal.SIGTERM)) == 143
    assert ends_with(lambda: signal.raise_signal(signal.SIGINT)) == 130
    signal.signal(signal.SIGINT, before)
    assert capsys.readouterr().err == '\nstopped\n' * 2


def test_the_sentence_reaches_torchrun(tmp_path, monkeypatch):
    monkeypatch.setenv('TORCHELASTIC_ERROR_FILE', str(tmp_path / 'error.json'))
    ends_with(lambda: fail(InputError('it: wrong; do')))
    assert '"message": "it: wrong; do"' in (tmp_path / 'error.json').read_text()


@pytest.mark.parametrize(
    'error, end',
    [
        (OSError(errno.EACCES, 'Permission denied'), 'Permission denied); choose another --out'),
        (OSError(errno.ENOSPC, 'No space left on device'), 'left on device); free some space'),
        (OSError('odd'), '(odd); choose another --out'),
    ],
)
def test_a_file_that_cannot_be_written_is_one_sentence(error, end):
    with pytest.raises(InputError) as caught, writing('a.png', 'choose another --out'):
        raise error
    sentence = str(caught.value)
    assert sentence.startswith('a.png: cannot be written (') and sentence.endswith(end)
