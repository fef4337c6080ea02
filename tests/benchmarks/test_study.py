"""The study runner: what it trains and compares."""

import json
from pathlib import Path

import pytest
import study
import study_runs
import torch
from mmengine.config import Config


def test_trains_every_row_and_seed_and_prints_the_table(path, folders, trainings, tmp_path, capsys):
    study.main([path, '--seeds', '2', '--jobs', '2', '--equal-time', *folders])
    assert sorted(
        (cfg.load_from is not None, cfg.randomness.seed, cfg.train_cfg.max_epochs)
        for cfg in trainings
    ) == [(False, 0, 2), (False, 1, 2), (True, 0, 1), (True, 0, 2), (True, 1, 1), (True, 1, 2)]
    assert {cfg.load_from for cfg in trainings} == {
        None, str(tmp_path / 'runs/plain_0/epoch_2.pth')
    }  # fmt: skip
    printed = capsys.readouterr().out
    assert printed.count(' min to go') == 6
    # Differences 1 and 7: t of one degree of freedom is 12.706, the standard error 3.
    assert printed.splitlines()[-5:-2] == [
        f'|{"---|" * 11}',
        '| plain | – | 62.00 ± 2.83 | – | 1.310 ± 0.014 | – | 1.00 | 1.00 | 1.00 '
        '| 62.00 ± 2.83 (epochs: 2, time: 1.00) | – |',
        '| IC net | plain | 66.00 ± 7.07 | +4.00 ± 38.12 | 1.330 ± 0.035 | +0.020 ± 0.191 | 2.20 '
        '| 1.10 | 1.00 | 58.50 ± 2.12 (epochs: 1, time: 1.10) | −3.50 ± 6.35 |',
    ]
    assert (tmp_path / 'curves.png').stat().st_size > 1000


def test_training_accuracy_is_a_column_and_a_panel_where_all_runs_have_it(
    path, folders, trainings, figures, capsys, result_file
):
    study.main([path, '--seeds', '1', *folders])
    assert 'training (%)' not in capsys.readouterr().out
    for name, values in (('plain_0', [50.0, 70.0]), ('IC_net_0', [50.0, 75.0])):
        file = result_file(name)
        file.write_text(json.dumps(json.loads(file.read_text()) | dict(training=values)))
    study.main([path, '--seeds', '1', *folders])
    *_, training = figures[-1].axes
    assert [list(line.get_ydata()) for line in training.lines] == [[50, 70], [50, 75]]
    plain, ic = capsys.readouterr().out.splitlines()[-4:-2]
    assert plain.endswith('| 1.00 | 70.00 | – |') and ic.endswith('| 1.00 | 75.00 | +5.00 |')


def test_several_pairs_answer_a_question_together(path, folders, trainings, capsys, curves):
    file = Path(path)
    file.write_text(
        file.read_text()
        + "rows['last'] = dict(config=CONFIG, options={'model.width': 2}, seeds=1)\n"
        + "together = {'IC': [('IC net', 'plain'), ('last', 'IC net')]}\n"
    )
    curves['last_0'] = [60, 64]
    study.main([path, '--seeds', '2', *folders])
    # Differences 1, 7 and 3: the standard error is 1.764, t of two degrees of freedom 4.303.
    assert capsys.readouterr().out.splitlines()[-5:-2] == [
        '| question | pairs of runs | accuracy (%) | loss |',
        '|---|---|---|---|',
        '| IC | 3 | +3.67 ± 7.59 | +0.018 ± 0.038 |',
    ]


def test_a_row_may_be_compared_with_several(path, folders, trainings, capsys):
    file = Path(path)
    file.write_text(file.read_text() + "rows['IC net']['against'] = ['IC net', 'plain']\n")
    study.main([path, '--seeds', '2', '--equal-time', *folders])
    assert len(trainings) == 4  # of the time of the first one, itself
    lines = [line.strip('| ').split(' | ') for line in capsys.readouterr().out.splitlines()[-4:-2]]
    assert [line[1] for line in lines] == ['–', 'plain']
    assert [line[3] for line in lines] == ['–', '+4.00 ± 38.12']
    assert [line[-2:] for line in lines] == [
        ['66.00 ± 7.07 (epochs: 2, time: 1.00)', '–'],
        ['–', '–'],
    ]


def test_a_row_may_have_fewer_seeds(path, folders, trainings, capsys):
    file = Path(path)
    file.write_text(file.read_text() + "rows['plain']['seeds'] = 1\n")
    study.main([path, '--seeds', '2', *folders])
    assert sorted((cfg.load_from is not None, cfg.randomness.seed) for cfg in trainings) == [
        (False, 0), (True, 0), (True, 1)
    ]  # fmt: skip
    plain, ic = capsys.readouterr().out.splitlines()[-4:-2]
    assert plain.startswith('| plain | – | 60.00 | – |')
    assert ic.startswith('| IC net | plain | 66.00 ± 7.07 | +1.00 |')


def test_shortened_schedules_keep_their_shape():
    cfg = Config(
        dict(
            train_cfg=dict(max_epochs=30),
            param_scheduler=[
                dict(type='LinearLR', begin=0, end=5),
                dict(type='MultiStepLR', milestones=[10, 20], gamma=0.1),
                dict(type='OneCycleLR', total_steps=30, pct_start=0.3),
            ],
        )
    )
    study_runs.scale_schedule(cfg, 24)
    assert cfg.train_cfg.max_epochs == 24
    linear, steps, cycle = cfg.param_scheduler
    assert (linear.begin, linear.end) == (0, 4)
    assert steps.milestones == [8, 16] and steps.gamma == 0.1
    assert cycle.total_steps == 24 and cycle.pct_start == 0.3
    study_runs.scale_schedule(cfg, 1)
    assert (linear.begin, linear.end) == (0, 1) and steps.milestones == [1, 1]
    warm = Config(dict(train_cfg=dict(max_epochs=8), param_scheduler=dict(begin=1, end=8)))
    study_runs.scale_schedule(warm, 1)
    assert warm.param_scheduler.begin == 0 and warm.param_scheduler.end == 1


def test_one_real_run(classifier_config, folders, tmp_path, capsys, monkeypatch, result_file):
    file = tmp_path / 'real.py'
    file.write_text(f'rows = dict(tiny=dict(config={classifier_config!r}))')
    study.main([str(file), '--seeds', '1', *folders])
    assert capsys.readouterr().out.splitlines()[-3].endswith('| – | 1.00 | 1.00 | 1.00 |')
    result = json.loads(result_file('tiny_0').read_text())
    assert len(result['accuracy']) == len(result['loss']) == 1
    assert 'state_dict' in torch.load(tmp_path / 'runs/tiny_0/epoch_1.pth', weights_only=False)
    monkeypatch.setattr(study_runs, 'call', lambda *args, **kwargs: pytest.fail('again'))
    study.main([str(file), '--seeds', '1', *folders])


def test_detection_is_prepared_and_judged_by_its_map(folders, tmp_path, monkeypatch, capsys):
    """A row of a detector has its mAP in percent, and no time of a step."""
    (tmp_path / 'config.py').write_text(
        "default_scope = 'mmdet'\ntrain_cfg = dict(max_epochs=1)\nmodel = dict(type='D')\n"
    )
    file = tmp_path / 'detection.py'
    file.write_text(
        f'rows = dict(net=dict(config={str(tmp_path / "config.py")!r}))\n'
        'def prepare():\n'
        f"    open({str(tmp_path / 'made')!r}, 'a').write('x')\n"
    )

    def call(command, **kwargs):
        assert (tmp_path / 'made').read_text() == 'x'
        log = Path(command[4]) / 'start' / 'vis_data' / 'scalars.json'
        log.parent.mkdir(parents=True)
        train, val = dict(loss=1.5, iter=1, epoch=1), {'pascal_voc/mAP': 0.625, 'step': 1}
        log.write_text(f'{json.dumps(train)}\n{json.dumps(val)}\n')
        (Path(command[4]) / 'epoch_1.pth').touch()
        (Path(command[4]) / 'last_checkpoint').write_text(str(Path(command[4]) / 'epoch_1.pth'))
        return 0

    monkeypatch.setattr(study_runs, 'call', call)
    for _ in range(2):  # the second time there is nothing to prepare
        study.main([str(file), '--seeds', '1', *folders])
        assert '| net | – | 62.50 | – | 1.500 | – | – | – | – |' in capsys.readouterr().out
    assert (tmp_path / 'made').read_text() == 'x'
