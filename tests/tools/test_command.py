"""Every tool answers --help at once and is a sub-command of ic-backbones, with completion."""

import logging
import multiprocessing
import re
import signal
import subprocess
import sys
from pathlib import Path

import mmengine.logging
import pytest

from ic_backbones._quiet import quiet_imports
from ic_backbones.errors import InputError
from ic_backbones.runs.launcher import LAUNCHER_VARIABLES
from ic_backbones.weights import loader
from ic_backbones_tools.__main__ import main, tools
from ic_backbones_tools.command import LAUNCHERS, Command, run_tool

ROOT = Path(__file__).parents[2]
HELP = """
import runpy, sys
for file in sys.argv[1:]:
    sys.argv = [file, '--help']
    try:
        runpy.run_path(file, run_name='__main__')
    except SystemExit as end:
        print(end.code, file)
print(*{name.partition('.')[0] for name in sys.modules})
"""


def test_help_imports_nothing_slow():
    files = [str(ROOT / f'tools/{name}.py') for name in ('__main__', *names())]
    printed = subprocess.check_output([sys.executable, '-c', HELP, *files], text=True)
    *lines, modules = printed.splitlines()
    assert [line for line in lines if line[:2] == '0 '] == [f'0 {file}' for file in files]
    slow = {'cv2', 'ic_backbones', 'matplotlib', 'mmcv', 'mmengine', 'numpy', 'torch'}
    assert 'ic_backbones_tools' in modules.split() and not slow & set(modules.split())


def names() -> list[str]:
    """Every file of tools/ that ends as a tool does."""
    texts = {path.stem: path.read_text() for path in sorted((ROOT / 'tools').glob('[a-z]*.py'))}
    return [name for name, text in texts.items() if text.endswith('    run_tool(main)\n')]


def test_the_list_of_tools_has_a_line_for_each(monkeypatch, capsys):
    monkeypatch.setenv('COLUMNS', '80')
    with pytest.raises(SystemExit) as caught:
        main(['--help'])
    assert caught.value.code == 0
    listed = capsys.readouterr().out.partition('  TOOL\n')[2].split('\n\n')[0].splitlines()
    assert [line.split()[0].replace('-', '_') for line in listed] == names()
    assert all(line.endswith('.') for line in listed)


def test_a_tool_as_a_sub_command(capsys):
    assert main(['list-models', 'ic_resnet18']) is None
    assert '| `ic_resnet18` | 224 |' in capsys.readouterr().out
    with pytest.raises(InputError, match='no_such: matches no model'):
        main(['list-models', 'no_such'])
    with pytest.raises(SystemExit) as caught:
        main(['trane'])
    assert caught.value.code == 2 and "invalid choice: 'trane'" in capsys.readouterr().err


def test_a_tool_prints_nothing_but_its_result():
    """Not what OpenMMLab's packages say about optional packages when they are imported."""
    command = [sys.executable, str(ROOT / 'tools/list_models.py'), 'ic_resnet18']
    printed = subprocess.run(command, capture_output=True, text=True, check=True)
    assert printed.stderr == '' and printed.stdout.startswith('| model | size |')


def test_only_debugging_notes_without_a_logger_are_silenced(capsys):
    with quiet_imports():
        from mmengine.logging import print_log

        print_log('a missing package', level=logging.DEBUG)
        print_log('an error', level=logging.ERROR)
        print_log('a note')
    assert capsys.readouterr().out == 'an error\na note\n'
    assert mmengine.logging.print_log is not print_log


def test_completion_of_tools_options_and_files(tmp_path, capsys):
    with pytest.raises(SystemExit) as caught:
        main(['--print-completion', 'bash'])
    assert not caught.value.code
    script = tmp_path / 'completion.sh'
    script.write_text(capsys.readouterr().out)
    (tmp_path / 'tiny.py').touch()

    def complete(*words: str) -> list[str]:
        line = f'COMP_WORDS=(ic-backbones {" ".join(words)} ""); COMP_CWORD={len(words)}; '
        call = f'. {script}; {line} _shtab_ic_backbones; echo "${{COMPREPLY[@]}}"'
        return subprocess.check_output(['bash', '-c', call], text=True, cwd=tmp_path).split()

    assert complete('tra') == ['train']
    assert complete('train', '--resu') == ['--resume']
    assert complete('train', 'tin') == ['tiny.py']
    assert complete('train', '--launcher', 'slu') == ['slurm']


def test_only_the_command_that_says_so_trusts_a_checkpoint():
    seen = []
    command = Command(
        str(ROOT / 'tools/alpha.py'),
        '',
        dict(tools())['alpha'].add_arguments,
        lambda args: seen.append(loader._is_trusted),
    )
    for option in ([], ['--trust-checkpoint'], []):
        command(['net.pth', *option])
    assert seen == [False, True, False]


def test_a_missing_package_is_one_sentence():
    def fail():
        raise ImportError('ic_backbones: needs mmengine; install it', name='ic_backbones')

    with pytest.raises(SystemExit) as caught:
        run_tool(fail)
    assert caught.value.code == 'error: ic_backbones: needs mmengine; install it'


def test_the_launchers_are_those_of_the_package():
    assert LAUNCHERS == tuple(LAUNCHER_VARIABLES)


def test_mim_finds_the_tools():
    assert (ROOT / 'ic_backbones/.mim/tools/train.py').samefile(ROOT / 'tools/train.py')


def test_sigterm_ends_forked_workers_at_once():
    """With the handler of the tool, an evaluation has waited for a worker that missed it."""
    before = signal.getsignal(signal.SIGTERM)
    try:
        with pytest.raises(SystemExit):
            run_tool(lambda: 0)
        assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
        with multiprocessing.get_context('fork').Pool(1) as pool:
            assert pool.apply(signal.getsignal, (signal.SIGTERM,)) == signal.SIG_DFL
    finally:
        signal.signal(signal.SIGTERM, before)


FORK = """
import os, signal, time
from ic_backbones_tools.command import run_tool

def main():
    child = os.fork()
    if child:
        print(os.waitpid(child, 0)[1])
    else:
        time.sleep(60)

os.register_at_fork(after_in_child=lambda: os.kill(os.getpid(), signal.SIGTERM))
run_tool(main)
"""


def test_sigterm_ends_a_worker_that_is_being_forked():
    """A SIGTERM that arrives before the worker has the default handler must not be dropped."""
    done = subprocess.run([sys.executable, '-c', FORK], capture_output=True, text=True, timeout=50)
    assert (done.stdout, done.stderr) == (f'{signal.SIGTERM.value}\n', '')


def test_the_page_of_the_tools_has_all_of_them():
    table = (ROOT / 'docs/tools.md').read_text().partition('| tool |')[2].partition('\n\n')[0]
    first = [line.split('|')[1] for line in table.splitlines() if line.startswith('| `')]
    assert sorted(re.findall('`(.+?)`', ''.join(first))) == [n.replace('_', '-') for n in names()]
