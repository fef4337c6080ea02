"""Wrong checkpoints, configs, options and arguments: each ends in one sentence, soon.

The faults in data are in test_bad_data.py.
"""

import math
import os
import signal
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import torch
from faults import (
    CLASSIFIER_VALUES,
    CONFIG_FILES,
    CONFIG_READERS,
    DETECTOR_VALUES,
    EVERYWHERE,
    LINES,
    LOGS,
    READ_VALUES,
    SOMEWHERE,
    TEST_VALUES,
)
from image_faults import claim_pixels
from mmengine.config import Config
from mmengine.registry import MODELS, DefaultScope
from torch import nn

from ic_backbones import create, model_info
from ic_backbones.backbones import ICResNet, SfNet
from ic_backbones.config_file import read_config
from ic_backbones.datasets.voc.crops import make_object_crops
from ic_backbones.distillation.teacher import load_teacher
from ic_backbones.errors import InputError
from ic_backbones.weights.checkpoint import Checkpoint

LIMIT = 10  # seconds of computing; without a fault, none of these commands takes as long


class Hang(BaseException):
    """Not an Exception: nothing between here and the command may swallow it."""


@contextmanager
def time_limit() -> Iterator[None]:
    def stop(*_) -> None:
        raise Hang

    before = {number: signal.signal(number, stop) for number in (signal.SIGPROF, signal.SIGALRM)}
    signal.setitimer(signal.ITIMER_PROF, LIMIT)
    signal.setitimer(signal.ITIMER_REAL, 20 * LIMIT)  # for what waits without computing
    try:
        yield
    finally:
        for timer in (signal.ITIMER_PROF, signal.ITIMER_REAL):
            signal.setitimer(timer, 0)
        for number, handler in before.items():
            signal.signal(number, handler)


@pytest.fixture(scope='module')
def tally(request) -> Iterator[Counter]:
    counts: Counter = Counter()
    start = time.process_time()
    yield counts
    seconds = time.process_time() - start
    with request.config.pluginmanager.get_plugin('capturemanager').global_and_fixture_disabled():
        print(
            f'\n{counts.total()} faults in {seconds:.0f} s: {counts["sentence"]} sentences, '
            f'{counts["traceback"]} tracebacks, {counts["hang"]} hangs, '
            f'{counts["accepted"]} accepted'
        )


@pytest.fixture
def ends_in_a_sentence(tally, capsys) -> Callable[[Callable], str]:
    """Run a fault; what it ends in is counted and must be a sentence."""

    def check(fault: Callable[[], object]) -> str:
        outcome, sentence = 'traceback', ''
        try:
            with time_limit():
                fault()
                outcome = 'accepted'
        except InputError as error:
            outcome, sentence = 'sentence', str(error)
        except SystemExit as error:  # of argparse, which has printed the usage and a sentence
            if error.code == 2:
                outcome, sentence = 'sentence', capsys.readouterr().err.splitlines()[-1]
        except Hang:
            outcome = 'hang'
        finally:
            tally[outcome] += 1
        assert outcome == 'sentence'
        assert '\n' not in sentence and 10 < len(sentence) < 600
        return sentence

    return check


# Checkpoints: what is wrong with the file, and what must refuse it.


def network(config: str) -> nn.Module:
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        return MODELS.build(Config.fromfile(config).model)


def noted(state: OrderedDict, notes: dict) -> OrderedDict:
    """A state dict with notes about its modules, where PyTorch keeps their versions."""
    state = OrderedDict(state)
    state._metadata = notes
    return state


def damaged_checkpoints(config: str, folder: Path) -> dict[str, str]:
    """Files by what is wrong with them, and one that is sound."""
    torch.manual_seed(0)
    state = network(config).state_dict()
    meta = dict(cfg=Config.fromfile(config).pretty_text, epoch=1, iter=2)
    hub = dict(log_scalars={}, runtime_info={}, resumed_keys={})
    optimizer = dict(state={}, param_groups=[dict(lr=0.1)])
    sound = dict(meta=meta, state_dict=state, optimizer=optimizer, message_hub=hub)
    name = next(iter(state))
    contents = {
        'sound': sound,
        'a list': [1],
        'a number': 5,
        'a tensor': torch.ones(2),
        'an empty dict': {},
        'no tensors': dict(sound, state_dict=dict(epoch=3)),
        'a state dict that is a list': dict(sound, state_dict=list(state.values())),
        'integer keys': dict(sound, state_dict=dict(enumerate(state.values()))),
        'some integer keys': dict(sound, state_dict=OrderedDict(state) | {5: torch.ones(1)}),
        'NaN': dict(
            sound, state_dict=dict(state, **{name: torch.full_like(state[name], math.nan)})
        ),
        'meta that is a list': dict(sound, meta=[1]),
        'meta that is a number': dict(sound, meta=5),
        'another network': dict(sound, state_dict={'stem.weight': torch.ones(1)}),
        'text of a config that is a number': dict(sound, meta=dict(cfg=5)),
        'text of a config that is not a config': dict(sound, meta=dict(cfg='x = [')),
        'no config': dict(sound, meta={}),
        'a config without a model': dict(sound, meta=dict(cfg='x = 1\n')),
        'vectors as alpha': dict(state_dict={'a.w_prime': torch.ones(1), 'a.alpha': torch.ones(2)}),
        'no alpha': sound,
        'no optimizer': dict(meta=meta, state_dict=state),
        'an optimizer that is a number': dict(sound, optimizer=5),
        'a message hub that is a list': dict(sound, message_hub=[1]),
        'a message hub without scalars': dict(sound, message_hub=dict(hub, log_scalars=5)),
        'an iteration below 0': dict(sound, meta=dict(meta, iter=-5)),
        'a module by number': dict(sound, state_dict=noted(state, {5: dict(version=1)})),
        'a version that is a text': dict(sound, state_dict=noted(state, dict(a=dict(version='x')))),
        'a complex NaN': dict(sound, state_dict=dict(state, a=torch.tensor(complex(0, math.nan)))),
        'no backbone': dict(sound, state_dict={'head.weight': torch.ones(2)}),
    }
    files = {}
    for index, (kind, content) in enumerate(contents.items()):
        files[kind] = str(folder / f'{index}.pth')
        torch.save(content, files[kind])
    whole = Path(files['sound']).read_bytes()
    for kind, data in (
        ('no bytes', b''),
        ('text', b'not a checkpoint'),
        ('half of the bytes', whole[: len(whole) // 2]),
        ('zeros', bytes(1000)),
    ):
        files[kind] = str(folder / f'{kind.replace(" ", "_")}.pth')
        Path(files[kind]).write_bytes(data)
    (folder / 'folder.pth').mkdir()
    files['a folder'] = str(folder / 'folder.pth')
    files['no file'] = str(folder / 'gone.pth')
    files['no text'] = ''
    files['an unknown name'] = 'torchvision://resnet_51'
    (folder / 'bad.safetensors').write_bytes(b'junk')
    files['bad safetensors'] = str(folder / 'bad.safetensors')
    return files


@pytest.fixture(scope='module')
def world(classifier_config, detector_config, tool, tmp_path_factory) -> SimpleNamespace:
    folder = tmp_path_factory.mktemp('faults')
    (folder / 'checkpoints').mkdir()
    pixels = np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    cv2.imwrite(str(folder / 'image.png'), pixels)
    (folder / 'text.png').write_text('text')
    (folder / 'file').write_text('')
    claim_pixels(folder / 'huge.png', 12_000, 9_000)
    (folder / 'fifo/run/vis_data').mkdir(parents=True)
    for name in ('fifo.csv', 'fifo.onnx', 'fifo.pkl', 'fifo.png', 'fifo/run/vis_data/scalars.json'):
        os.mkfifo(folder / name)
    (folder / 'locked/.lock').mkdir(parents=True)
    (folder / 'locked/run/vis_data/scalars.json').mkdir(parents=True)
    checkpoints = damaged_checkpoints(classifier_config, folder / 'checkpoints')
    paths = dict(
        classifier=classifier_config,
        detector=detector_config,
        image=str(folder / 'image.png'),
        sound=checkpoints['sound'],
        folder=str(folder),
    )
    return SimpleNamespace(checkpoints=checkpoints, tool=tool, paths=paths)


READERS = {
    'test': 'test {classifier} {checkpoint} --work-dir {new}',
    'train load_from': 'train {classifier} --work-dir {new} --cfg-options load_from={checkpoint}',
    'train --resume': 'train {classifier} --work-dir {new} --resume {checkpoint}',
    'export_backbone': 'export_backbone {checkpoint} --out {new}',
    'alpha': 'alpha {checkpoint}',
    'export_onnx': 'export_onnx {classifier} --checkpoint {checkpoint} --out {new}.onnx',
    'grad_cam': 'grad_cam {image} --net {classifier} {checkpoint} --out {new}.png',
    'predict': 'predict {checkpoint} {image} --out {new}',
    'evaluate': 'evaluate {detector} {checkpoint} --out {new}',
    'create': lambda file: create('ic_resnet18_cifar10', checkpoint=file),
    'init_cfg': lambda file: initialised(dict(type='Pretrained', checkpoint=file)),
    'teacher': lambda file: load_teacher(None, file),
}


def initialised(init_cfg: object, backbone: type = ICResNet) -> nn.Module:
    narrow = {} if backbone is SfNet else dict(depth=18, stem_channels=8, base_channels=8)
    net = backbone(**narrow, init_cfg=init_cfg)
    net.init_weights()
    return net


def command(world: SimpleNamespace, line: str, tmp_path: Path, **more: str) -> None:
    name, *words = line.split()
    texts = dict(world.paths, new=str(tmp_path / 'new'), tmp=str(tmp_path), **more)
    world.tool(name).main([word.format(**texts) for word in words])


@pytest.mark.parametrize(
    'kind, reader',
    [(kind, reader) for kind in EVERYWHERE for reader in READERS]
    + [(kind, reader) for kind, readers in SOMEWHERE.items() for reader in readers],
)
def test_checkpoints(kind, reader, world, tmp_path, ends_in_a_sentence):
    file, how = world.checkpoints[kind], READERS[reader]
    if callable(how):
        sentence = ends_in_a_sentence(lambda: how(file))
    else:
        sentence = ends_in_a_sentence(lambda: command(world, how, tmp_path, checkpoint=file))
    assert file in sentence


# Values of a config.


def each(values: dict[str, list[str]]) -> list[str]:
    return [f'{key}={value}' for key, some in values.items() for value in some]


@pytest.mark.parametrize(
    'line, option',
    [('train {classifier}', option) for option in each(CLASSIFIER_VALUES)]
    + [('train {detector}', option) for option in each(DETECTOR_VALUES)]
    + [('test {classifier} {sound}', option) for option in each(TEST_VALUES)],
)
def test_values_of_a_config(line, option, world, tmp_path, ends_in_a_sentence):
    line = f'{line} --work-dir {{new}} --cfg-options {option}'
    ends_in_a_sentence(lambda: command(world, line, tmp_path))


@pytest.mark.parametrize('reader', ['export_onnx', 'grad_cam', 'predict'])
@pytest.mark.parametrize('key', READ_VALUES)
def test_values_of_a_config_that_is_only_read(key, reader, world, tmp_path, ends_in_a_sentence):
    config = Config.fromfile(world.paths['classifier'])
    config.merge_from_dict({key: READ_VALUES[key]})
    config.dump(tmp_path / 'config.py')
    line, file = CONFIG_READERS[reader], str(tmp_path / 'config.py')
    assert file in ends_in_a_sentence(lambda: command(world, line, tmp_path, config=file))


@pytest.mark.parametrize('reader', CONFIG_READERS)
@pytest.mark.parametrize('kind', CONFIG_FILES)
def test_config_files(kind, reader, world, tmp_path, ends_in_a_sentence):
    config = tmp_path / ('config.txt' if kind == 'another suffix' else 'config.py')
    text = CONFIG_FILES[kind] or ''
    config.write_bytes(text if isinstance(text, bytes) else text.encode())
    (tmp_path / 'second.py').write_text("_base_ = './config.py'")
    (tmp_path / 'third.py').write_text("_base_ = './second.py'")
    line = CONFIG_READERS[reader]
    ends_in_a_sentence(lambda: command(world, line, tmp_path, config=str(config)))


# Command lines.


@pytest.mark.parametrize('line', LINES)
def test_command_lines(line, world, tmp_path, ends_in_a_sentence, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ends_in_a_sentence(lambda: command(world, line, tmp_path))


@pytest.mark.parametrize('kind', LOGS)
def test_logs(kind, world, tmp_path, ends_in_a_sentence):
    log = tmp_path / 'run/20240101_000000/vis_data/scalars.json'
    log.parent.mkdir(parents=True)
    log.write_bytes(LOGS[kind])
    sentence = ends_in_a_sentence(lambda: command(world, 'plot_curves {tmp}/run', tmp_path))
    assert str(tmp_path) in sentence


# Arguments in Python.

NAME = 'ic_resnet18_cifar10'
PRETRAINED = dict(type='Pretrained')
CALLS: dict[str, Callable[[], object]] = {
    'create(None)': lambda: create(None),
    'create(5)': lambda: create(5),
    "create('')": lambda: create(''),
    "create(['a'])": lambda: create([NAME]),
    "create('ic_resnet_51')": lambda: create('ic_resnet_51'),
    **{
        f'create({key}={value!r})': lambda key=key, value=value: create(NAME, **{key: value})
        for key, values in dict(
            alpha=['x', math.nan, math.inf, None, [1, 2]],
            alpha_mode=['foo', 5],
            variant=['Q', 5],
            depth=[19, 'x', None],
            out_indices=['x', 9.5, (9,), (), None],
            frozen_stages=[-5, 9, 'x', None],
            base_channels=[-8, 0, 'x'],
            norm_cfg=[dict(type='Foo'), 5],
            foo=[1],
            checkpoint=[5, '', '/nowhere.pth', [1], 'pavi://x', 's3://a/b', 'http://[a'],
            init_cfg=['abc', 5, [5], dict(type='Foo')],
        ).items()
        for value in values
    },
    'model_info(None)': lambda: model_info(None),
    "model_info('foo')": lambda: model_info('foo'),
    'read_config(5)': lambda: read_config(5),
    'make_object_crops(size=0)': lambda: make_object_crops('a', 'b', 'train', size=0),
    'make_object_crops(margin=nan)': lambda: make_object_crops('a', 'b', 'train', margin=math.nan),
    'Checkpoint.read(None)': lambda: Checkpoint.read(None),
    'Checkpoint.read(5)': lambda: Checkpoint.read(5),
    **{
        f'{backbone.__name__}(init_cfg={init_cfg!r})': (
            lambda init_cfg=init_cfg, backbone=backbone: initialised(init_cfg, backbone)
        )
        for backbone in (ICResNet, SfNet)
        for init_cfg in (
            'abc',
            5,
            [5],
            ['abc'],
            dict(checkpoint='a.pth'),
            dict(type='Foo'),
            PRETRAINED,
            dict(PRETRAINED, checkpoint=5),
            dict(PRETRAINED, checkpoint=None),
            dict(PRETRAINED, checkpoint='a.pth', prefix=5),
            dict(PRETRAINED, checkpoint='a.pth', foo=1),
            [dict(type='Constant', layer='Conv2d', val=0.0), PRETRAINED],
        )
    },
}


@pytest.mark.parametrize('call', CALLS)
def test_calls(call, ends_in_a_sentence):
    ends_in_a_sentence(CALLS[call])
