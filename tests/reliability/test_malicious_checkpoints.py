"""Files that run code × every path that reads a checkpoint: none runs, and each refusal is told."""

import copy
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import torch
from malicious import payloads, touch
from mmengine.config import Config
from mmengine.registry import MODELS, DefaultScope
from mmengine.runner import load_checkpoint
from mmpretrain.apis import get_model
from torch import nn

from ic_backbones import create
from ic_backbones.distillation.teacher import load_teacher
from ic_backbones.errors import InputError


@pytest.fixture(scope='module')
def trained(classifier_config, tool, tmp_path_factory) -> SimpleNamespace:
    """A classifier's training: config, checkpoint, and an image for it."""
    DefaultScope._instance_dict.clear()
    folder = tmp_path_factory.mktemp('trained')
    tool('train').main([classifier_config, '--work-dir', str(folder)])
    image = np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    cv2.imwrite(str(folder / 'image.png'), image)
    content = torch.load(folder / 'epoch_1.pth', map_location='cpu', weights_only=False)
    return SimpleNamespace(
        config=classifier_config, content=content, image=str(folder / 'image.png'), tool=tool
    )


def pretrained(kind: str, checkpoint: str, prefix: str = 'backbone.') -> nn.Module:
    init_cfg = dict(type='Pretrained', checkpoint=checkpoint, prefix=prefix)
    net = MODELS.build(dict(type=kind, depth=18, base_channels=8, init_cfg=init_cfg))
    net.init_weights()
    return net


def train(run: SimpleNamespace, *options: str) -> None:
    run.tool('train').main([run.config, '--work-dir', str(run.folder / 'work'), *options])


def train_from_init_cfg(run: SimpleNamespace) -> None:
    init_cfg = dict(type='Pretrained', checkpoint=run.file, prefix='backbone.')
    options = [f'model.backbone.init_cfg.{key}={value}' for key, value in init_cfg.items()]
    train(run, '--cfg-options', *options)


def resume_the_last(run: SimpleNamespace) -> None:
    (run.folder / 'work').mkdir()
    file = Path(run.file).rename(run.folder / 'work/epoch_1.pth')
    (run.folder / 'work/last_checkpoint').write_text(str(file))
    train(run, '--resume')


def run_test(run: SimpleNamespace) -> None:
    run.tool('test').main([run.config, run.file, '--work-dir', str(run.folder / 'test')])


def grad_cam(run: SimpleNamespace) -> None:
    out = str(run.folder / 'cam.png')
    run.tool('grad_cam').main([run.image, '--net', run.config, run.file, '--out', out])


def export_onnx(run: SimpleNamespace) -> None:
    argv = [run.config, '--checkpoint', run.file, '--out', str(run.folder / 'a.onnx')]
    run.tool('export_onnx').main([*argv, '--size', '64', '64'])


def predict(run: SimpleNamespace) -> None:
    run.tool('predict').main([run.file, run.image, '--out', str(run.folder / 'out')])


PATHS: dict[str, Callable[[SimpleNamespace], object]] = {
    'train load_from': lambda run: train(run, '--cfg-options', f'load_from={run.file}'),
    'train --resume FILE': lambda run: train(run, '--resume', run.file),
    'train --resume': resume_the_last,
    'train init_cfg': train_from_init_cfg,
    'init_cfg of ICResNet': lambda run: pretrained('ic_backbones.ICResNet', run.file),
    'init_cfg of mmpretrain.ResNet': lambda run: pretrained('mmpretrain.ResNet', run.file),
    'init_cfg of mmdet.ResNet': lambda run: pretrained('mmdet.ResNet', run.file),
    'teacher_checkpoint': lambda run: load_teacher(run.config, run.file),
    'teacher_checkpoint, its config': lambda run: load_teacher(None, run.file),
    'test': run_test,
    'export_backbone': lambda run: run.tool('export_backbone').main([run.file]),
    'alpha': lambda run: run.tool('alpha').main([run.file]),
    'grad_cam': grad_cam,
    'export_onnx': export_onnx,
    'predict': predict,
    'create': lambda run: create('ic_resnet18_cifar10', checkpoint=run.file),
    'mmengine load_checkpoint': lambda run: load_checkpoint(nn.Conv2d(3, 4, 1), run.file),
    'mmpretrain get_model': lambda run: get_model(Config.fromfile(run.config), run.file),
}
TOOLS = (
    'train load_from', 'test', 'export_backbone', 'alpha', 'grad_cam', 'export_onnx', 'predict',
)  # fmt: skip
PICKLES = 'os.system', 'getattr', '__setstate__'  # all that `payloads` makes: test_data_pickle.py
CONFIGS = 'config text', 'text to resume', 'config type', 'evaluated argument'
KINDS = PICKLES + CONFIGS


def write(kind: str, content: dict, file: Path, marker: Path) -> None:
    """A whole checkpoint, and in one place of it the code."""
    content = copy.deepcopy(content)
    if kind == 'config text':
        content['meta']['cfg'] = f'x = {touch(marker)}\n{content["meta"]["cfg"]}'
    elif kind == 'config type':
        content['meta']['cfg'] = f"model = dict(type='os.system', command='touch {marker}')\n"
    elif kind == 'text to resume':  # mmengine runs these two where it resumes and infers
        content['meta']['config'] = f'x = {touch(marker)}\n'
        content['message_hub']['runtime_info']['cfg'] = f'x = {touch(marker)}\n'
    elif kind == 'evaluated argument':  # of a class of mmdet's registry
        coder = f"dict(type='mmdet.CameraMotionCompensation', warp_mode={touch(marker)!r})"
        head = f"type='mmdet.RetinaHead', num_classes=1, in_channels=1, bbox_coder={coder}"
        content['meta']['cfg'] = f'model = dict({head})\n'
    elif kind == 'os.system':
        content['meta']['hook_msgs'] = payloads(marker)[kind]
    else:
        content['optimizer']['state'][0] = dict(momentum_buffer=payloads(marker)[kind])
    torch.save(content, file)
    marker.unlink(missing_ok=True)


def trusting(tool: Callable) -> Callable:
    """The tools, each with the option that lets a checkpoint run code."""

    def load(name: str) -> SimpleNamespace:
        return SimpleNamespace(main=lambda argv: tool(name).main([*argv, '--trust-checkpoint']))

    return load


@pytest.fixture(scope='module')
def tally(request) -> Iterator[Counter]:
    counts: Counter = Counter()
    yield counts
    with request.config.pluginmanager.get_plugin('capturemanager').global_and_fixture_disabled():
        print(
            f'\n{counts["read"]} malicious checkpoints on {len(PATHS)} paths: {counts["refused"]} '
            f'refused, {counts["data"]} read as data, {counts["executed"]} ran code'
        )


@pytest.mark.parametrize('kind', KINDS)
def test_the_file_runs_code_where_it_is_unpickled_or_executed(kind, trained, tmp_path):
    """Without this the test below could not fail."""
    marker, file = tmp_path / 'marker', tmp_path / 'bad.pth'
    write(kind, trained.content, file, marker)
    loaded = torch.load(file, weights_only=False)
    if kind in CONFIGS:
        key = 'config' if kind == 'text to resume' else 'cfg'
        config = Config.fromstring(loaded['meta'][key], '.py')
    if kind == 'evaluated argument':
        with suppress(Exception):  # what it evaluates to is not a mode
            MODELS.build(config.model)
    if kind == 'config type':
        with pytest.raises(AttributeError, match='int'):  # what os.system returns is not a module
            MODELS.build(config.model).eval()
    assert marker.exists()


@pytest.mark.parametrize('kind', KINDS)
@pytest.mark.parametrize('path', PATHS)
def test_no_path_runs_code(path, kind, trained, tmp_path, tally):
    marker, file = tmp_path / 'marker', tmp_path / 'bad.pth'
    write(kind, trained.content, file, marker)
    outcome, sentence = 'data', ''
    try:
        PATHS[path](SimpleNamespace(**vars(trained), file=str(file), folder=tmp_path))
    except InputError as error:
        outcome, sentence = 'refused', str(error)
    tally.update(['read', outcome] + ['executed'] * marker.exists())
    assert not marker.exists()
    if kind not in CONFIGS:
        assert outcome == 'refused' and 'could run any code' in sentence and '\n' not in sentence
    elif path in ('teacher_checkpoint, its config', 'predict') and kind != 'text to resume':
        assert outcome == 'refused' and 'give the config file of that training' in sentence


@pytest.mark.parametrize('path', TOOLS)
def test_trust_is_asked_for_and_ends_with_the_command(path, trained, tmp_path):
    marker, file = tmp_path / 'marker', tmp_path / 'bad.pth'
    run = SimpleNamespace(**vars(trained), file=str(file), folder=tmp_path)
    write('os.system', trained.content, file, marker)
    run.tool = trusting(trained.tool)
    with suppress(InputError):  # alpha: there is none in this checkpoint
        PATHS[path](run)
    assert marker.exists()
    marker.unlink()
    with pytest.raises(InputError, match='could run any code'):
        trained.tool('alpha').main([str(file)])
    assert not marker.exists()
