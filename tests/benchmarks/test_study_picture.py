"""A study's picture."""

from pathlib import Path
from types import SimpleNamespace

import pytest
import study
import study_file
import study_picture
import study_result


def test_the_picture_has_both_curves_of_every_row(path, folders, trainings, figures):
    study.main([path, '--seeds', '2', *folders])
    losses, accuracies = figures[0].axes  # no third one: not all have the training accuracy
    curves = {line.get_label(): list(line.get_ydata()) for line in accuracies.lines}
    assert curves == {'plain': [45, 62], 'IC net': [62.5, 66]}
    assert [list(line.get_ydata()) for line in losses.lines] == [
        pytest.approx([1.225, 1.31]), pytest.approx([1.3125, 1.33])
    ]  # fmt: skip
    assert len(accuracies.collections) == 2  # the bands


def test_rows_beyond_ten_have_other_dashes(figures, tmp_path):
    own = study_file.Study({f'{index}': {} for index in range(31)}, {}, *[tmp_path] * 3)
    result = study_result.Result([50.0], [1.0])
    runs = [
        SimpleNamespace(label=label, result=lambda: result, is_detector=False) for label in own.rows
    ]
    study_picture.curves_picture(own, runs)
    lines = figures[0].axes[0].lines
    assert len({(line.get_color(), line.get_linestyle()) for line in lines}) == 30


def test_rows_that_are_compared_share_a_line_of_panels(path, folders, trainings, curves, figures):
    file = Path(path)
    file.write_text(
        file.read_text()
        + "rows['detector'] = dict(config=CONFIG, against='detector', options={'model.width': 2})\n"
        + "rows['its twin'] = dict(config=CONFIG, against='detector', options={'model.width': 3})\n"
    )
    curves |= dict(detector_0=[60, 64], its_twin_0=[60, 62])
    study.main([path, '--seeds', '1', *folders])
    assert study_file.read_study(path).families() == [['plain', 'IC net'], ['detector', 'its twin']]
    above, below = figures[0].axes[1], figures[0].axes[3]
    for axes, labels in ((above, ['plain', 'IC net']), (below, ['detector', 'its twin'])):
        assert [line.get_label() for line in axes.lines] == labels
        assert axes.get_title() == 'accuracy (%)'


def test_the_curve_of_a_detector_is_its_map(figures, tmp_path):
    own = study_file.Study({'net': {}}, {}, *[tmp_path] * 3)
    result = study_result.Result([50.0], [1.0])
    for is_detector, title in ((True, 'mAP (%)'), (False, 'accuracy (%)')):
        run = SimpleNamespace(label='net', result=lambda: result, is_detector=is_detector)
        study_picture.curves_picture(own, [run])
        assert figures[-1].axes[1].get_title() == title
