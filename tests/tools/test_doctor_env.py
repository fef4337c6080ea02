"""The report of an environment: what is there, what is missing, and what does not fit."""

from importlib import metadata

import pytest

from ic_backbones_tools import doctor_env


@pytest.fixture
def versions(monkeypatch) -> dict[str, str]:
    """Name and version of each installed package; here, all that this environment requires."""
    found = {r.name: doctor_env.installed(r.name) for _, r in doctor_env.requirements()}
    found = {name: version for name, version in found.items() if version}
    monkeypatch.setattr(doctor_env, 'installed', found.get)
    return found


def report(capsys) -> tuple[int, dict[str, str]]:
    code = doctor_env.main([])
    lines = filter(None, capsys.readouterr().out.splitlines())
    return code, dict(line.split(': ', 1) for line in lines if ': ' in line)


def test_this_environment(capsys):
    code, found = report(capsys)
    assert code == 0 and found['stack'] in doctor_env.STACKS
    assert found['ic_backbones'] == metadata.version('ic-backbones')
    for name in ('torch', 'numpy', 'matplotlib'):
        assert found[name] == metadata.version(name)
    assert found['CUDA available'] in ('True', 'False') and {'Python', 'GCC'} <= found.keys()


def test_what_is_missing(versions, capsys):
    del versions['safetensors']
    code, found = report(capsys)
    assert code == 0
    assert found['safetensors'] == "missing; `pip install 'ic-backbones[tools]'`"
    del versions['matplotlib']
    code, found = report(capsys)
    assert code == 1 and found['matplotlib'] == 'missing'


def test_no_stack_and_two_stacks(versions, capsys):
    for name in ('onedl-mmengine', 'mmengine'):
        versions[name] = '0.10.12'
    code, found = report(capsys)
    assert code == 1 and found['stack'].startswith('both onedl and openmmlab, which overwrite')
    del versions['onedl-mmengine'], versions['mmengine']
    code, found = report(capsys)
    assert code == 1 and found['stack'] == 'none' and 'onedl-mmcv' not in found


def test_a_version_that_does_not_fit(versions, capsys):
    versions['torch'] = '2.0.1'
    code, found = report(capsys)
    assert code == 1 and found['torch'].startswith('2.0.1, which is not ')
    assert '>=2.1' in found['torch']
