"""Create or complete the virtual environment of one stack: ``python setup_env.py onedl|openmmlab``.

This file uses only the standard library and the syntax of Python 3.6, so that an old Python gets as
far as the sentence that says it is too old.
"""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
from collections import namedtuple
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST_PYTHON = (3, 10)
BUILD_TOOLS = ['pip', 'setuptools', 'wheel', 'packaging', 'ninja']

# installed, download: size in GB of the finished environment and of what pip downloads for it.
Stack = namedtuple('Stack', 'venv newest_python installed download compile_minutes')
STACKS = {
    'onedl': Stack('.venv', (3, 13), 9, 4.5, 5),
    'openmmlab': Stack('.venv-openmmlab', (3, 11), 6, 3, 4),
}


class SetupError(Exception):
    """One sentence that says what is missing and what to do about it."""


def check_python(stack):
    oldest, newest = dotted(OLDEST_PYTHON), dotted(stack.newest_python)
    if not OLDEST_PYTHON <= sys.version_info[:2] <= stack.newest_python:
        raise SetupError(
            f'{sys.executable}: this is Python {dotted(sys.version_info[:2])}, but {stack.venv} '
            f'needs {oldest} to {newest}; name another one, such as `make PYTHON=python3.11`'
        )
    if importlib.util.find_spec('ensurepip') is None:
        raise SetupError(
            f'{sys.executable}: it cannot create virtual environments; install its venv package '
            '(Debian, Ubuntu: python3-venv)'
        )
    if not Path(sysconfig.get_path('include'), 'Python.h').exists():
        raise SetupError(
            f'{sys.executable}: it has no C headers, which mmcv needs to compile; install them '
            '(Debian, Ubuntu: python3-dev; Fedora: python3-devel)'
        )


def check_compiler():
    command = os.environ.get('CXX', 'c++').split()[0]
    if shutil.which(command) is None:
        raise SetupError(
            f'{command}: no such C++ compiler, which mmcv needs to compile; install one '
            '(Debian, Ubuntu: g++; Fedora: gcc-c++), or name yours in CXX'
        )


def check_disk(stack):
    needed = stack.installed + stack.download - gigabytes_in(ROOT / stack.venv)
    free = free_gigabytes()
    if free < needed:
        raise SetupError(
            f'{stack.venv}: it needs {needed:.1f} GB more on the disk of {ROOT}, and {free:.1f} GB '
            'are free; free some space, or move the project to another disk'
        )


def dotted(version):
    return '.'.join(map(str, version))


def free_gigabytes():
    return shutil.disk_usage(str(ROOT)).free / 1e9


def gigabytes_in(folder):
    return sum(f.lstat().st_size for f in folder.rglob('*') if not f.is_symlink()) / 1e9


def fingerprint(lock):
    """A hash of what the environment was made from; when it changes, pip has to run again."""
    content = lock.read_bytes() + (ROOT / 'setup.py').read_bytes() + str(ROOT).encode()
    return hashlib.sha256(content).hexdigest()


def make_venv(venv, python):
    """Create the environment, or keep what an earlier run has installed."""
    probe = 'import pip._internal.cli.main, sys; print("%d.%d" % sys.version_info[:2])'
    try:
        found = subprocess.check_output([str(python), '-c', probe], stderr=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError):
        run(sys.executable, '-m', 'venv', '--clear', venv)
        return
    version = found.decode().strip()
    if version != dotted(sys.version_info[:2]):
        raise SetupError(
            f'{venv}: it was made with Python {version}, not with {dotted(sys.version_info[:2])}; '
            f'remove it, or name that version with PYTHON=python{version}'
        )


def pip_environment(stack, temporary):
    """Set mmcv's flags, and keep downloads on the checked disk, without a cache if it is small."""
    env = dict(os.environ, MMCV_WITH_OPS='1')
    env['CFLAGS'] = env.get('CFLAGS', '') + ' -g0'  # a third of the compile time
    env.setdefault('MAX_JOBS', str(os.cpu_count()))
    env.setdefault('TMPDIR', str(temporary))
    if free_gigabytes() < stack.installed + 2 * stack.download:
        env['PIP_NO_CACHE_DIR'] = '1'
    if not (shutil.which('nvcc') or 'CUDA_HOME' in env or Path('/usr/local/cuda').exists()):
        env['CUDA_VISIBLE_DEVICES'] = ''  # mmcv would look for nvcc as soon as it sees a GPU
    return env


def run(*command, **kwargs):
    code = subprocess.call(list(map(str, command)), **kwargs)
    if code:
        raise SetupError('set-up: this step failed; fix the error above and run the command again')


def install(stack, name, lock, venv, python):
    temporary = venv / 'tmp'
    shutil.rmtree(str(temporary), ignore_errors=True)
    temporary.mkdir()
    pip = [python, '-m', 'pip', 'install', '--no-build-isolation', '-c', lock]
    env = pip_environment(stack, temporary)

    say('2/4 build tools')
    run(*pip, *BUILD_TOOLS, env=env)
    say(
        f'3/4 torch and torchvision: up to {stack.download} GB to download, 2 to 5 minutes on a '
        'fast connection'
    )
    run(*pip, 'torch', 'torchvision', env=env)
    say(
        '4/4 the OpenMMLab packages: without a prebuilt wheel mmcv is compiled, which takes about '
        f'{stack.compile_minutes} minutes on two cores and prints little'
    )
    run(*pip, '--editable', f'.[{name},tools,timm,onnx,dev]', env=env, cwd=str(ROOT))
    shutil.rmtree(str(temporary))


def say(text):
    print(f'==> {text}', flush=True)


def main(name):
    if name not in STACKS:
        raise SetupError(f'{name}: no such stack; STACK is one of {", ".join(sorted(STACKS))}')
    stack = STACKS[name]
    lock = ROOT / 'requirements' / f'{name}.txt'
    venv = ROOT / stack.venv
    python = venv / 'bin' / 'python'
    stamp = venv / 'complete'
    if python.exists() and stamp.exists() and stamp.read_text() == fingerprint(lock):
        return
    check_python(stack)
    check_compiler()
    check_disk(stack)
    say(f'1/4 virtual environment {stack.venv}: up to {stack.installed} GB when it is complete')
    make_venv(venv, python)
    install(stack, name, lock, venv, python)
    stamp.write_text(fingerprint(lock))
    say(f'{stack.venv} is complete')


if __name__ == '__main__':
    try:
        main(sys.argv[1] if len(sys.argv) > 1 else 'onedl')
    except SetupError as error:
        sys.exit(f'error: {error}')
    except KeyboardInterrupt:
        sys.exit('interrupted; the same command continues from here')
