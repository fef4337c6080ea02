"""The benchmarks of speed run on the CPU, at a tiny size."""

import box_sum
import detectors
import ic_resnet
import onnx_runtime
import pytest
import sfnet_vs_vgg
import sinet_vs_mobilenet
import timing
import torch

QUICK = ['--threads', '1', '--rounds', '1']


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    threads = torch.get_num_threads()
    monkeypatch.setattr(timing, 'WARM_UP', 0)
    monkeypatch.setattr(torch, 'compile', lambda net, **_: net)  # which would take minutes
    for script in (ic_resnet, sfnet_vs_vgg):  # and neither new processes
        monkeypatch.setattr(script, 'peaks', lambda script, names, argv: [1] * len(names))
    yield
    torch.set_num_threads(threads)


def rows(capsys):
    """The numbers of each printed row, by its title."""
    table = {}
    for line in capsys.readouterr().out.splitlines():
        title, cells = line[:46].strip(), line[46:].split()
        table[title] = [float(cell) for cell in cells if cell[0].isdigit()]
    return table


def test_ic_resnet(capsys):
    tiny = ['--depth', '18', '--deeper', '34', '--batch', '2', '--size', '32']
    ic_resnet.main([*QUICK, *tiny, '--single', '32', '64', '--compile', '--amp'])
    table = rows(capsys)
    assert table['multiply-adds'][2] > table['multiply-adds'][0] == 1
    for layout in timing.FORMATS:
        assert len(table[f'1 threads, 1x3x32x64, {layout}']) == 6
    assert len(table['1 threads, 2x3x32x32, compiled']) == 6
    ic_resnet.main([*QUICK, *tiny, '--train'])
    table = rows(capsys)
    assert len(table['step, 1 threads, channels_last']) == len(table['peak memory']) == 4
    ic_resnet.main([*QUICK, *tiny, '--peak', 'learned'])
    assert 4e7 < int(capsys.readouterr().out) < 2e8  # the gradients; the packages take more


def test_peak_memory_is_that_of_the_steps(capsys):
    """What the steps free again counts, what was there before them does not."""
    old = torch.ones(1000)

    def step():
        kept = old + 1
        (kept * 2).sum()

    timing.print_peak(step, 'cpu')
    assert 8000 < int(capsys.readouterr().out) < 8100


def test_sfnet(capsys):
    sfnet_vs_vgg.main([*QUICK, '--only', '2', '32', '--base-channels', '8', '--compile'])
    table = rows(capsys)
    assert len(table['inference, 1 threads']) == len(table['inference, 1 threads, compiled']) == 5
    assert len(table['training step, 1 threads']) == 3
    assert len(table['peak memory']) == 2


def test_sinet(capsys):
    sinet_vs_mobilenet.main([*QUICK, '--size', '32', '--batches', '1'])
    table = rows(capsys)
    assert table['multiply-adds'][1] < 1
    assert len(table['1 threads, batch 1, contiguous']) == 6


def test_detectors(capsys):
    some = ['--backbones', 'ResNet', 'IC-ResNet+', 'SINet+']
    detectors.main([*QUICK, '--size', '64', '96', '--depth', '18', *some])
    table = rows(capsys)
    assert all(len(table[f'{d}, 1 threads, contiguous']) == 3 for d in ('faster_rcnn', 'retinanet'))


def test_box_sum(capsys):
    box_sum.main([*QUICK, '--layers', '1'])
    assert '1 threads, contiguous, 64 channels, stride 1' in rows(capsys)


def test_onnx(capsys):
    onnx_runtime.main([*QUICK, '--size', '32', '--nets', 'sinet'])
    (values,) = (value for title, value in rows(capsys).items() if 'sinet' in title)
    assert values[1] < 1e-4
