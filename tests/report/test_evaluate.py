"""tools/evaluate.py: one page that a browser shows without any other file."""

import base64
import json
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch
from mmdet.models.detectors import TwoStageDetector
from mmengine.config import Config
from mmengine.runner import Runner
from mmengine.structures import InstanceData

from ic_backbones.datasets.images import read_image, write_image
from ic_backbones.errors import InputError
from ic_backbones.report.examined import Examined
from ic_backbones.report.figures import confusion_figure, f1, mistakes_picture, svg
from ic_backbones.report.mistakes import Matched
from ic_backbones.report.page import TEMPLATES
from ic_backbones.report.precision import measure

BROWSERS = 'chromium', 'chromium-browser', 'google-chrome'
FLAGS = (
    '--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync '
    '--disable-background-networking --disable-component-update'
).split()


@pytest.fixture(scope='module')
def trained(tool, detector_config, tmp_path_factory) -> tuple[str, Path]:
    """A training of two epochs: its config and its work dir."""
    folder = tmp_path_factory.mktemp('trained')
    tool('train').main([detector_config, '--work-dir', str(folder)])
    return detector_config, folder


@pytest.fixture(scope='module')
def report(tool, trained) -> Path:
    config, folder = trained
    tool('evaluate').main([config, str(folder / 'epoch_2.pth')])
    return folder / 'report'


def test_a_page_in_one_file(report):
    page = (report / 'report.html').read_text()
    assert len(page) < 3_000_000
    assert not re.findall(r'(?:src|href)="(?!data:image/)', page)
    assert 'http://' not in re.sub(r'base64,[^"]*', '', page)
    for text in ('AP at IoU 0.50:0.95', 'Confusion matrix', 'Worst images', 'triangle', 'VOCStyle'):
        assert text in page
    assert page.count('<img src="data:image/svg+xml') == 4  # two curves, a matrix, the training
    assert 1 <= page.count('<img src="data:image/jpeg') <= 12
    assert (report / 'log').is_dir()


def find_objects(self, inputs, samples, rescale=True):
    """All objects of a picture, every other one at an IoU of 0.7; scores fall from 0.9 to 0.3."""
    for sample in samples:
        boxes = sample.gt_instances.bboxes / torch.tensor(sample.scale_factor).repeat(2)
        boxes[::2, 2] -= 0.3 * (boxes[::2, 2] - boxes[::2, 0])
        sample.pred_instances = InstanceData(
            bboxes=boxes,
            labels=sample.gt_instances.labels,
            scores=torch.linspace(0.9, 0.3, len(boxes)),
        )
    return samples


def test_figures_are_those_of_mmdets_coco_metric(tool, trained, tmp_path, monkeypatch):
    monkeypatch.setattr(TwoStageDetector, 'predict', find_objects)
    config, folder = trained
    tool('evaluate').main([config, str(folder / 'epoch_2.pth'), '--out', str(tmp_path)])
    found = json.loads((tmp_path / 'metrics.json').read_text())
    assert 0.3 < found['AP50:95'] < 1
    cfg = Config.fromfile(config)
    cfg.work_dir, cfg.load_from = str(folder / 'coco'), str(folder / 'epoch_2.pth')
    cfg.test_dataloader.dataset.pipeline[-1].meta_keys += ('instances',)
    cfg.test_evaluator = dict(type='CocoMetric', metric='bbox', classwise=True)
    expected = Runner.from_cfg(cfg).test()
    assert found['images'] == 2 and set(found['classes']) == {'disc', 'square', 'triangle', 'star'}
    for name, figures in found['classes'].items():
        other = expected[f'coco/{name}_precision']
        if np.isnan(other):
            assert figures['objects'] == 0 and figures['AP50:95'] is None
        else:
            assert figures['AP50:95'] == pytest.approx(other, abs=6e-4)
    assert found['AP50:95'] == pytest.approx(expected['coco/bbox_mAP'], abs=6e-4)
    assert found['AP50'] == pytest.approx(expected['coco/bbox_mAP_50'], abs=6e-4)


def test_a_headless_browser_shows_it(report, tmp_path):
    """All images are there, and at the width of a phone nothing but wide tables runs over."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        pytest.skip(f'needs a browser, one of {", ".join(BROWSERS)}')
    script = (
        '<script>addEventListener("load", () => {'
        'const images = [...document.images].map(image => image.naturalWidth > 20);'
        'document.title = [images.length, images.every(Boolean), '
        'document.documentElement.scrollWidth <= innerWidth].join(" ")})</script></body>'
    )
    page = (report / 'report.html').read_text()
    for width in (1280, 500):  # chromium's smallest window
        (tmp_path / 'page.html').write_text(page.replace('</body>', script))
        size, profile = f'--window-size={width},900', f'--user-data-dir={tmp_path / str(width)}'
        command = [browser, *FLAGS, size, profile, '--dump-dom', f'file://{tmp_path}/page.html']
        shown = subprocess.run(command, capture_output=True, text=True, timeout=120)
        title = re.search('<title>(.*?)</title>', shown.stdout)
        assert title and title[1] == f'{page.count("<img")} true true', shown.stderr[-500:]


def test_names_are_escaped():
    macros = TEMPLATES.get_template('table.html.jinja').module
    table = macros.table([['class', 'AP'], ['<b>', '1'], ['mean', '&']])
    assert '<tr><th>class</th><th>AP</th></tr>' in table and '<td>&lt;b&gt;</td>' in table
    assert '<tr class="mean"><td>mean</td><td>&amp;</td></tr>' in table


def test_figures_show_any_name(recwarn):
    """Mathematics to matplotlib, a name that it leaves out of legends, and letters it lacks."""
    classes, box = (r'$\foo$', '_b', '猫'), np.array([[10.0, 10, 50, 50]] * 3)
    labels, none = np.arange(3), np.zeros(3, bool)
    image = Examined('a.png', (64, 64), box, labels, none, box, labels, np.full(3, 0.5))
    for figure in (f1(measure([image], classes)), confusion_figure(np.eye(4, dtype=int), classes)):
        text = base64.b64decode(svg(figure).partition(',')[2]).decode()
        assert all(f'{name}</text>' in text for name in classes)
    assert not recwarn.list


def test_figures_are_reproducible():
    from matplotlib.figure import Figure

    figures = [Figure() for _ in range(2)]
    for figure in figures:
        figure.subplots().plot([1, 2], label='a')
    assert svg(figures[0]) == svg(figures[1])


def test_an_image_that_only_the_data_set_allows_is_shown(tmp_path, monkeypatch):
    monkeypatch.setattr(read_image, '__defaults__', (40 * 30 - 1,))
    file, none = str(tmp_path / 'a.png'), np.empty(0, int)
    write_image(file, np.full((30, 40, 3), 90, np.uint8))
    image = Examined(file, (40, 30), np.empty((0, 4)), none, none, np.empty((0, 4)), none, none)
    assert mistakes_picture(Matched(image, [], [], []), ()).startswith('data:image/jpeg')


def test_another_threshold_and_split(tool, trained, tmp_path, capsys):
    config, folder = trained
    argv = [config, str(folder / 'epoch_2.pth'), '--split', 'val', '--out', str(tmp_path / 'out')]
    tool('evaluate').main([*argv, '--score-thr', '0.9'])
    assert json.loads((tmp_path / 'out/metrics.json').read_text())['score_thr'] == 0.9
    page = (tmp_path / 'out/report.html').read_text()
    assert 'epoch_2.pth on val' in page and 'the threshold with the highest' not in page
    assert 'AP50:95' in capsys.readouterr().out


def test_a_full_disk_leaves_the_earlier_report(tool, trained, tmp_path):
    config, folder = trained
    (tmp_path / 'report.html').write_text('earlier')
    (tmp_path / 'report.html.tmp').symlink_to('/dev/full')
    with pytest.raises(InputError, match='No space left on device.; free some space'):
        tool('evaluate').main([config, str(folder / 'epoch_2.pth'), '--out', str(tmp_path)])
    assert (tmp_path / 'report.html').read_text() == 'earlier'


def test_it_runs_in_one_process(tool, capsys):
    with pytest.raises(SystemExit):
        tool('evaluate').main.parse(['config.py', 'best.pth', '--launcher', 'pytorch'])
    assert 'unrecognized arguments: --launcher pytorch' in capsys.readouterr().err


def test_wrong_input(tool, trained, classifier_config, tmp_path):
    config, folder = trained
    checkpoint, out = str(folder / 'epoch_2.pth'), ['--out', str(tmp_path / 'out')]
    (tmp_path / 'file').write_text('')
    for argv, words in (
        ([classifier_config, checkpoint, *out], 'tools/test.py tests classifiers'),
        ([config, str(tmp_path / 'gone.pth'), *out], 'gone.pth: there is no such checkpoint'),
        ([config, 'http://host.invalid/a.pth'], 'a.pth: is an address and has no folder; name one'),
        ([config, checkpoint, *out, '--score-thr', '2'], '--score-thr 2: is not a score'),
        ([config, checkpoint, *out, '--score-thr', '0.505'], '0.505: is not a score in hundredths'),
        ([config, checkpoint, '--out', str(tmp_path / 'file')], 'file: the folder cannot be made'),
    ):
        with pytest.raises(InputError, match=words):
            tool('evaluate').main(argv)
