"""The set-up says in one sentence what is missing; the core requires no OpenMMLab package."""

import ast
import importlib.metadata
import importlib.util
import re
import runpy
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
SCRIPT = ROOT / 'tools' / 'setup_env.py'
FAMILIES = {
    'onedl': {'onedl-mmengine', 'onedl-mmcv', 'onedl-mmdetection', 'onedl-mmpretrain'},
    'openmmlab': {'mmengine', 'mmcv', 'mmdet', 'mmpretrain'},
}


@pytest.fixture
def script(monkeypatch, tmp_path):
    """The set-up script as a module in an empty project; running a command fails the test."""
    spec = importlib.util.spec_from_file_location('setup_env', SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    (tmp_path / 'requirements').mkdir()
    for name in module.STACKS:
        (tmp_path / 'requirements' / f'{name}.txt').write_text('torch==2.10.0\n')
    (tmp_path / 'setup.py').write_text('')
    monkeypatch.setattr(module, 'ROOT', tmp_path)
    monkeypatch.setattr(module, 'run', lambda *command, **kwargs: pytest.fail(f'ran {command}'))
    return module


@pytest.fixture
def capable(script, monkeypatch):
    """The script on a machine that has everything, whatever this machine lacks."""
    usage = type('Usage', (), {'free': 100e9})
    monkeypatch.setattr(script.sys, 'version_info', (3, 11, 7))
    monkeypatch.setattr(script.importlib.util, 'find_spec', lambda name: name)
    monkeypatch.setattr(script.sysconfig, 'get_path', lambda name: '/include')
    monkeypatch.setattr(script.Path, 'exists', lambda path: path.name == 'Python.h')
    monkeypatch.setattr(script.shutil, 'which', lambda name: name)
    monkeypatch.setattr(script.shutil, 'disk_usage', lambda path: usage)
    return script


def refusal(script, stack='onedl'):
    with pytest.raises(script.SetupError) as caught:
        script.main(stack)
    sentence = str(caught.value)
    assert '\n' not in sentence
    return sentence


@pytest.mark.parametrize(
    ('stack', 'version', 'range_'),
    [
        ('onedl', (3, 9, 1), '3.10 to 3.13'),
        ('onedl', (3, 14, 0), '3.10 to 3.13'),
        ('openmmlab', (3, 12, 0), '3.10 to 3.11'),
    ],
)
def test_unfit_python(capable, monkeypatch, stack, version, range_):
    monkeypatch.setattr(capable.sys, 'version_info', version)
    sentence = refusal(capable, stack)
    assert f'needs {range_};' in sentence
    assert f'this is Python {version[0]}.{version[1]}, ' in sentence


def test_no_venv_module(capable, monkeypatch):
    monkeypatch.setattr(capable.importlib.util, 'find_spec', lambda name: None)
    assert 'cannot create virtual environments' in refusal(capable)


def test_no_headers(capable, monkeypatch):
    monkeypatch.setattr(capable.Path, 'exists', lambda path: False)
    assert 'has no C headers' in refusal(capable)


def test_no_compiler(capable, monkeypatch):
    monkeypatch.setattr(capable.shutil, 'which', lambda name: None)
    assert 'c++: no such C++ compiler,' in refusal(capable)
    monkeypatch.setenv('CXX', 'clang++ -O2')
    assert 'clang++: no such C++ compiler,' in refusal(capable)


def test_small_disk(capable, monkeypatch):
    needed = capable.STACKS['onedl'].installed + capable.STACKS['onedl'].download
    monkeypatch.setattr(capable.shutil.disk_usage('/'), 'free', 1.5e9)
    assert f'needs {needed:.1f} GB more' in refusal(capable)
    assert '1.5 GB are free' in refusal(capable)


def test_unknown_stack(script):
    assert refusal(script, 'mm') == 'mm: no such stack; STACK is one of onedl, openmmlab'


def test_environment_of_another_python(script, tmp_path):
    python = tmp_path / 'python'
    python.write_text('#!/bin/sh\necho 3.9\n')
    python.chmod(0o755)
    with pytest.raises(script.SetupError, match='was made with Python 3.9, not with '):
        script.make_venv(tmp_path / '.venv', python)


def test_complete_environment_is_left_alone(script, monkeypatch):
    """Nothing runs, and nothing is checked, while the stamp fits; a new lock changes that."""
    python = script.ROOT / '.venv' / 'bin' / 'python'
    python.parent.mkdir(parents=True)
    python.touch()
    lock = script.ROOT / 'requirements' / 'onedl.txt'
    (script.ROOT / '.venv' / 'complete').write_text(script.fingerprint(lock))
    monkeypatch.setattr(script, 'check_python', lambda stack: pytest.fail('checked'))
    script.main('onedl')

    lock.write_text('torch==2.11.0\n')
    with pytest.raises(pytest.fail.Exception, match='checked'):
        script.main('onedl')


def test_exit_code_and_sentence():
    """A process that fails prints one line to stderr and exits with 1."""
    result = subprocess.run([sys.executable, SCRIPT, 'mm'], capture_output=True, text=True)
    assert result.returncode == 1
    assert result.stdout == ''
    assert result.stderr == ('error: mm: no such stack; STACK is one of onedl, openmmlab\n')


def test_no_python_at_all():
    result = subprocess.run(
        ['make', 'setup', 'PYTHON=no-such-python'], cwd=ROOT, capture_output=True, text=True
    )
    assert result.returncode == 2  # make's own code for a failed recipe
    assert result.stderr.startswith('error: no-such-python: no such command; install Python 3.10')


def test_script_can_be_read_by_old_pythons():
    tree = ast.parse(SCRIPT.read_text(), feature_version=(3, 6))
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.NamedExpr | ast.Match)]


def test_help_names_every_target():
    listed = subprocess.check_output(['make', 'help'], cwd=ROOT, text=True)
    targets = re.findall(r'^([a-z]+):', (ROOT / 'Makefile').read_text(), re.MULTILINE)
    assert targets == re.findall(r'^make ([a-z]+) ', listed, re.MULTILINE)


@pytest.fixture
def arguments(monkeypatch):
    """The arguments that setup.py passes to setuptools."""
    import setuptools

    given = {}
    monkeypatch.setattr(setuptools, 'setup', lambda **kwargs: given.update(kwargs))
    runpy.run_path(ROOT / 'setup.py')
    return given


def test_an_installation_has_the_tools_and_the_configs(tmp_path):
    """What pip copies is enough without a clone."""
    build = [sys.executable, 'setup.py', '-q', 'build', '--build-base', tmp_path]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    lib = tmp_path / 'lib'
    assert (lib / 'ic_backbones/py.typed').is_file()
    for name in ('tools', 'configs'):
        shipped = lib / 'ic_backbones/.mim' / name
        files = [path.relative_to(ROOT / name) for path in (ROOT / name).rglob('*.*')]
        files = [file for file in files if file.suffix != '.pyc']
        assert files and all((shipped / file).is_file() for file in files)
    probe = "import ic_backbones_tools.__main__ as tools; print(tools.__file__); tools.main(['-h'])"
    printed = subprocess.check_output(
        [sys.executable, '-c', probe], cwd=tmp_path, env={'PYTHONPATH': str(lib)}, text=True
    )
    assert printed.startswith(str(lib)) and '\n    train ' in printed


def names(requirements):
    return {canonicalize_name(Requirement(line).name) for line in requirements}


def test_core_requires_no_family(arguments):
    core = names(arguments['install_requires'])
    assert 'torch' in core
    assert not core & (FAMILIES['onedl'] | FAMILIES['openmmlab'])
    for family, packages in FAMILIES.items():
        other = FAMILIES['onedl' if family == 'openmmlab' else 'openmmlab']
        extra = names(arguments['extras_require'][family])
        assert packages <= extra
        assert not extra & other


def lock(family):
    """The requirements in a lock file."""
    lines = (ROOT / 'requirements' / f'{family}.txt').read_text().splitlines()
    return [Requirement(line) for line in lines if not line.startswith('#')]


def versions(name):
    """The version of each package in a lock file, which must be exact."""
    locked = {}
    for requirement in lock(name):
        (specifier,) = requirement.specifier
        assert specifier.operator == '==' and requirement.url is None
        locked[canonicalize_name(requirement.name)] = specifier.version
    return locked


@pytest.mark.parametrize('family', FAMILIES)
def test_lock_is_exact_and_fits_the_extras(arguments, family):
    locked = versions(family)
    wanted = arguments['install_requires'] + arguments['extras_require'][family]
    extras = arguments['extras_require']
    for line in wanted + extras['tools'] + extras['dev']:
        requirement = Requirement(line)
        assert requirement.specifier.contains(locked[canonicalize_name(requirement.name)]), line
    other = FAMILIES['onedl' if family == 'openmmlab' else 'openmmlab']
    assert not locked.keys() & other


def test_lock_of_the_site_fits_its_extra(arguments):
    locked = versions('docs')
    for line in arguments['extras_require']['docs']:
        requirement = Requirement(line)
        assert requirement.specifier.contains(locked[canonicalize_name(requirement.name)]), line


def test_the_description_works_on_a_package_index(arguments):
    """There is no repository around it there, so every link and picture has an address."""
    text, url = arguments['long_description'], arguments['url']
    assert re.findall(r'\]\((?!https?://|#)[^)]*', text) == []
    assert '![Pictures from the demo' in text and f']({url}/raw/main/docs/demo.jpg)' in text
    assert f'({url}/blob/main/docs/ic.md)' in text
    assert all(address.startswith(url) for address in arguments['project_urls'].values())


def test_a_source_distribution_can_run_its_tests(tmp_path):
    """It holds every file of the repository."""
    if not (ROOT / '.git').exists():
        pytest.skip('this is a source distribution itself, not a clone')
    listing = subprocess.check_output(['git', 'ls-files', '-z'], cwd=ROOT, text=True)
    build = ['egg_info', '--egg-base', tmp_path, 'sdist', '--dist-dir', tmp_path]
    subprocess.run([sys.executable, 'setup.py', '-q', *build], cwd=ROOT, check=True)
    (archive,) = tmp_path.glob('*.tar.gz')
    with tarfile.open(archive) as content:
        names = {name.partition('/')[2] for name in content.getnames()}
    assert {name for name in listing.split('\0') if name} <= names


@pytest.fixture
def family():
    """The family of the environment in which the tests run."""
    venvs = {str(ROOT / '.venv'): 'onedl', str(ROOT / '.venv-openmmlab'): 'openmmlab'}
    if sys.prefix not in venvs:
        pytest.skip('make setup has not created the environment in which the tests run')
    return venvs[sys.prefix]


def locked_here(family):
    """The lock's lines that hold for this Python."""
    return [r for r in lock(family) if r.marker is None or r.marker.evaluate()]


def test_this_environment_is_the_locked_one(family):
    """What the tests have tested is what the lock says."""
    for requirement in locked_here(family):
        installed = importlib.metadata.version(requirement.name)
        assert requirement.specifier.contains(installed), f'{requirement}, but {installed}'


def test_a_new_environment_holds_the_whole_lock(family, arguments):
    """From a constraints file pip installs only what something requires."""
    todo = [Requirement(name) for name in runpy.run_path(SCRIPT)['BUILD_TOOLS']]
    todo += map(Requirement, arguments['install_requires'])
    for extra, lines in arguments['extras_require'].items():
        if extra != 'docs' and (extra not in FAMILIES or extra == family):
            todo += map(Requirement, lines)
    required = set()
    while todo:
        requirement = todo.pop()
        if str(requirement) in required:
            continue
        required.add(str(requirement))
        for line in importlib.metadata.requires(requirement.name) or ():
            wanted = Requirement(line)
            extras = requirement.extras or {''}
            if not wanted.marker or any(wanted.marker.evaluate({'extra': e}) for e in extras):
                todo.append(wanted)
    assert {canonicalize_name(r.name) for r in locked_here(family)} <= names(required)
