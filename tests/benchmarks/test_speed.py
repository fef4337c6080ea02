"""The benchmarks of speed run on the CPU, at a tiny size."""

import re
from argparse import Namespace

import box_sum
import cifar_loader
import cv2
import detectors
import ic_resnet
import image_checks
import numpy as np
import onnx_runtime
import peak_memory
import pytest
import sfnet_vs_vgg
import sinet_vs_mobilenet
import timing
import torch
from mmdet.structures import DetDataSample

from ic_backbones.config_file import find_config
from ic_backbones.datasets import CIFAR10Data

QUICK = ['--threads', '1', '--rounds', '1']


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    threads = torch.get_num_threads()
    monkeypatch.setattr(timing, 'WARM_UP', 0)
    monkeypatch.setattr(torch, 'compile', lambda net, **_: net)  # which would take minutes
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def calls(monkeypatch) -> list[list[str]]:
    """The command lines of the processes that would measure peak memory; each finds 1, 2, ..."""
    found = []

    def call(command, **kwargs):
        found.append(command[2:])
        return f'{len(found)}\n'.encode()

    monkeypatch.setattr(peak_memory.subprocess, 'check_output', call)
    return found


def rows(capsys):
    """The numbers of each printed row, by its title."""
    table = {}
    for line in capsys.readouterr().out.splitlines():
        title, cells = line[:46].strip(), line[46:].split()
        table[title] = [float(cell) for cell in cells if cell[0].isdigit()]
    return table


def test_ic_resnet(capsys, calls):
    tiny = ['--depth', '18', '--deeper', '34', '--batch', '2', '--size', '32']
    ic_resnet.main([*QUICK, *tiny, '--single', '32', '64', '--compile', '--amp'])
    table = rows(capsys)
    assert table['multiply-adds'][2] > table['multiply-adds'][0] == 1
    for layout in timing.FORMATS:
        assert len(table[f'threads: 1, 1x3x32x64, {layout}']) == 6
    assert len(table['threads: 1, 2x3x32x32, compiled']) == 6
    ic_resnet.main([*QUICK, *tiny, '--train'])
    table = rows(capsys)
    assert len(table['step, threads: 1, channels_last']) == 4
    assert table['peak memory'] == [1, 2, 3, 4]
    assert calls[2] == [*QUICK, *tiny, '--train', '--peak', 'learned']
    ic_resnet.main(calls[2])
    assert 4e7 < int(capsys.readouterr().out) < 2e8  # the gradients; the packages take more


def test_peak_memory_is_that_of_the_steps(capsys):
    """What the steps free again counts, what was there before them does not."""
    old = torch.ones(1000)

    def step():
        kept = old + 1
        (kept * 2).sum()

    peak_memory.print_peak(step, 'cpu')
    assert 8000 < int(capsys.readouterr().out) < 8100


def test_sfnet(capsys, calls):
    sfnet_vs_vgg.main([*QUICK, '--only', '2', '32', '--base-channels', '8', '--compile'])
    table = rows(capsys)
    assert len(table['inference, threads: 1']) == len(table['inference, threads: 1, compiled']) == 5
    assert len(table['training step, threads: 1']) == 3
    assert table['peak memory'] == [1, 2]
    sfnet_vs_vgg.main(calls[1])
    assert int(capsys.readouterr().out) > 5e5  # the gradients of sfnet


def test_sinet(capsys):
    sinet_vs_mobilenet.main([*QUICK, '--size', '32', '--batches', '1', '--compile'])
    table = rows(capsys)
    assert table['multiply-adds'][1] < 1
    assert len(table['threads: 1, batch 1, contiguous']) == 6
    assert len(table['threads: 1, batch 1, compiled']) == 6


def test_detectors(capsys):
    some = ['--backbones', 'ResNet', 'IC-ResNet+', 'SINet+']
    detectors.main([*QUICK, '--size', '64', '96', '--depth', '18', *some])
    table = rows(capsys)
    assert all(
        len(table[f'{d}, threads: 1, contiguous']) == 3 for d in ('faster_rcnn', 'retinanet')
    )


def test_detectors_have_the_same_work():
    """With any backbone the RPN proposes the same boxes, and none passes the threshold."""
    args = Namespace(depth=18, device='cpu')
    x = torch.rand(1, 3, 64, 96)
    meta = dict(img_shape=(64, 96), ori_shape=(64, 96), scale_factor=(1.0, 1.0))
    proposed = []
    for name in ('ResNet', 'IC-ResNet+', 'SfNet', 'SINet+'):
        net = detectors.build('faster_rcnn', name, args, 'contiguous')
        sample = DetDataSample(metainfo=meta)
        with torch.no_grad():
            proposed.append(net.rpn_head.predict(net.extract_feat(x), [sample])[0].bboxes)
            assert len(net.predict(x, [sample])[0].pred_instances) == 0
    assert len(proposed[0]) > 50
    assert all(torch.equal(boxes, proposed[0]) for boxes in proposed)


@pytest.mark.parametrize('stride', [1, 2])
def test_all_ways_to_the_box_sum_agree(stride):
    args = Namespace(device='cpu')
    _, first, *others = box_sum.variants(8, 7, stride, 'channels_last', args)
    expected = first()
    assert expected.max() > 0
    for way in others:
        found = way()
        if found.dim() == 2:  # the rows of a matrix
            found = found.view(4, *expected.shape[2:], 8).permute(0, 3, 1, 2)
        torch.testing.assert_close(found, expected, atol=1e-3, rtol=1e-4)


def test_box_sum(capsys):
    box_sum.main([*QUICK, '--layers', '1'])
    assert len(rows(capsys)['threads: 1, contiguous, 64 channels, stride 1']) == 5


def test_onnx(capsys):
    onnx_runtime.main([*QUICK, '--size', '32', '--nets', 'sinet'])
    (values,) = (value for title, value in rows(capsys).items() if 'sinet' in title)
    assert values[1] < 1e-4


def test_cifar_loader(tmp_path, capsys, monkeypatch):
    data = tmp_path / 'data'
    for name in CIFAR10Data.METAINFO['classes']:
        (data / 'train' / name).mkdir(parents=True)
        cv2.imwrite(str(data / 'train' / name / '0.png'), np.zeros((32, 32, 3), np.uint8))
    config = tmp_path / 'config.py'
    config.write_text(
        f'_base_ = {str(find_config(cifar_loader.CONFIG))!r}\n'
        f'train_dataloader = dict(batch_size=2, dataset=dict(data_root={str(data)!r}))\n'
    )
    monkeypatch.setattr(cifar_loader, 'CONFIG', str(config))
    cifar_loader.main(['--rounds', '1', '--images', '4'])
    assert re.fullmatch(r'image by image / batched: \d+\.\d\d\n', capsys.readouterr().out)


def test_image_checks(capsys, monkeypatch):
    monkeypatch.setattr(image_checks.image_cache, 'CACHE', None)  # which the script replaces
    image_checks.main(['--rounds', '1', '--images', '3'])
    assert re.fullmatch(
        r'of the time of decoding: \d+\.\d% to check a file, \d+\.\d% with the cache\n',
        capsys.readouterr().out,
    )


@pytest.mark.parametrize(
    'words', ['--rounds 0', '--threads 2 0', '--layers 0', '--rounds 1.5', '--rounds two']
)
def test_wrong_numbers_are_one_sentence(words, capsys):
    option, *numbers = words.split()
    with pytest.raises(SystemExit, match='2'):
        box_sum.main([option, *numbers])
    sentence = f'{option}: {numbers[-1]} is not a positive integer; give at least 1\n'
    assert capsys.readouterr().err.endswith(f'error: argument {sentence}')
