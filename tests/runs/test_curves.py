"""Curves from the logs that mmengine writes, also of resumed runs, and bad input."""

import csv
import json
from pathlib import Path

import cv2
import pytest

from ic_backbones.errors import InputError
from ic_backbones.runs import curves, scalars
from ic_backbones.runs.scalars import read_scalars

CURVES = Path(__file__).parents[2] / 'docs' / 'curves'


def write_log(run, start, rows):
    log = run / start / 'vis_data' / 'scalars.json'
    log.parent.mkdir(parents=True)
    log.write_text(''.join(json.dumps(row) + '\n' for row in rows))


def train_row(iteration, loss, epoch=None):
    row = dict(lr=0.1, loss=loss, iter=iteration, step=iteration)
    return row if epoch is None else dict(row, epoch=epoch)


def val_row(step, value, metric='pascal_voc/mAP'):
    return {metric: value, 'pascal_voc/AP50': value, 'time': 0.1, 'step': step}


def make_run(run, last_map=0.5):
    """A run of two epochs of four iterations, interrupted at 7 and resumed from 4."""
    first = [train_row(2, 4.0, 1), train_row(4, 3.0, 1), val_row(1, 0.25), train_row(6, 99.0, 2)]
    second = [train_row(6, 2.0, 2), train_row(8, 1.0, 2), val_row(2, last_map)]
    write_log(run, '20260101_000000', first)
    write_log(run, '20260101_010000', second)
    return run


def plot(runs, out):
    return curves.plot(curves.read_curves(runs), out)


def read_table(path):
    with path.open(newline='') as file:
        return list(csv.reader(file))


def test_joins_a_resumed_run(tmp_path):
    make_run(tmp_path / 'run')
    # tools/test.py leaves a start without training in the same work dir
    write_log(tmp_path / 'run', '20260101_020000', [])
    scalars = read_scalars(tmp_path / 'run')
    assert [(row['iter'], row['loss']) for row in scalars.train] == [
        (2, 4.0),
        (4, 3.0),
        (6, 2.0),
        (8, 1.0),
    ]
    assert [(row['step'], row['pascal_voc/mAP']) for row in scalars.val] == [(1, 0.25), (2, 0.5)]


def test_training_accuracy_is_a_dotted_line_next_to_that_of_the_validation(tmp_path):
    rows = [train_row(2, 4.0, 1), train_row(4, 3.0, 1), val_row(1, 25.0, 'accuracy/top1')]
    rows += [train_row(8, 1.0, 2), val_row(2, 35.0, 'accuracy/top1')]
    for row, value in ((rows[1], 30.0), (rows[3], 50.0)):
        row['accuracy_top-1'] = value
    write_log(tmp_path / 'run', '20260101_000000', rows)
    found = curves.read_curves([tmp_path / 'run'])
    assert found.training == {'run': [(1.0, 30.0), (2.0, 50.0)]}
    panel = curves.draw(found).axes[1]
    assert [(line.get_linestyle(), list(line.get_ydata())) for line in panel.lines] == [
        ('-', [25.0, 35.0]), (':', [30.0, 50.0])
    ]  # fmt: skip
    assert panel.lines[0].get_color() == panel.lines[1].get_color()
    _, table = curves.plot(found, tmp_path / 'curves.png')
    again = curves.read_curves([table])
    assert (again.training, again.losses) == (found.training, found.losses)


def test_a_new_start_replaces_the_old_run(tmp_path):
    make_run(tmp_path / 'run')
    write_log(tmp_path / 'run', '20260102_000000', [train_row(2, 7.0, 1), val_row(1, 0.75)])
    scalars = read_scalars(tmp_path / 'run')
    assert [row['loss'] for row in scalars.train] == [7.0]
    assert [row['pascal_voc/mAP'] for row in scalars.val] == [0.75]


def test_an_old_validation_after_the_restart_is_dropped(tmp_path):
    """The second start went back to epoch 1 and was stopped before its validation."""
    run = make_run(tmp_path / 'run')
    write_log(run, '20260102_000000', [train_row(6, 5.0, 2)])
    scalars = read_scalars(run)
    assert [row['loss'] for row in scalars.train] == [4.0, 3.0, 5.0]
    assert [row['step'] for row in scalars.val] == [1]


def test_half_a_last_line_is_left_out(tmp_path):
    """Ctrl-C came while mmengine was writing the line."""
    run = make_run(tmp_path / 'run')
    with (run / '20260101_010000/vis_data/scalars.json').open('a') as file:
        file.write('{"lr": 0.1, "loss": 1')
    assert [row['iter'] for row in read_scalars(run).train] == [2, 4, 6, 8]


def test_picture_and_table(tmp_path):
    runs = [make_run(tmp_path / 'plain'), make_run(tmp_path / 'ic', last_map=0.75)]
    picture, table = plot(runs, tmp_path / 'new' / 'curves.png')
    image = cv2.imread(str(picture))
    assert image.shape[0] > 400 and image.shape[1] > 1000 and image.std() > 10
    assert read_table(table) == [
        ['run', 'epoch', 'name', 'value'],
        ['plain', '0.5', 'loss', '4.0'],
        ['plain', '1.0', 'loss', '3.0'],
        ['plain', '1.5', 'loss', '2.0'],
        ['plain', '2.0', 'loss', '1.0'],
        ['plain', '1', 'pascal_voc/mAP', '0.25'],
        ['plain', '2', 'pascal_voc/mAP', '0.5'],
        ['ic', '0.5', 'loss', '4.0'],
        ['ic', '1.0', 'loss', '3.0'],
        ['ic', '1.5', 'loss', '2.0'],
        ['ic', '2.0', 'loss', '1.0'],
        ['ic', '1', 'pascal_voc/mAP', '0.25'],
        ['ic', '2', 'pascal_voc/mAP', '0.75'],
    ]


def test_no_other_table_is_written_over(tmp_path):
    run = make_run(tmp_path / 'run')
    for _ in range(2):
        plot([run], tmp_path / 'curves.png')
    (tmp_path / 'results.csv').write_text('model,mAP\nmine,0.5\n')
    with pytest.raises(InputError, match='results.csv: is not a table that this tool has written'):
        plot([run], tmp_path / 'results.png')
    assert (tmp_path / 'results.csv').read_text() == 'model,mAP\nmine,0.5\n'
    assert not (tmp_path / 'results.png').exists()


def test_names_that_matplotlib_would_read_otherwise(tmp_path):
    names = [r'_a$\foo$', '$x$']
    runs = [make_run(tmp_path / name) for name in names]
    found = curves.read_curves(runs)
    curves.plot(found, tmp_path / 'curves.png')
    legend = curves.draw(found).axes[0].get_legend()
    assert [text.get_text().lstrip() for text in legend.get_texts()] == [
        name.replace('$', r'\$') for name in names
    ]


def test_before_the_first_validation(tmp_path):
    write_log(tmp_path / 'run', '1', [train_row(2, 4.0, 1)])
    _, table = plot([tmp_path / 'run'], tmp_path / 'curves.png')
    assert read_table(table)[1:] == [['run', '1.0', 'loss', '4.0']]


def test_a_run_without_validation_beside_one_with_it(tmp_path):
    write_log(tmp_path / 'new', '1', [train_row(2, 4.0, 1)])
    _, table = plot([make_run(tmp_path / 'run'), tmp_path / 'new'], tmp_path / 'curves.png')
    assert [row[2] for row in read_table(table) if row[0] == 'new'] == ['loss']


def test_both_tables_of_the_paper_in_one_picture(tmp_path):
    tables = sorted(CURVES.glob('*.csv'))
    _, table = plot(tables, tmp_path / 'curves.png')
    assert len({row[0] for row in read_table(table)[1:]}) == 4
    with pytest.raises(InputError, match="'SfNet CALTECH-256 .paper.' is drawn already"):
        plot([*tables, table], tmp_path / 'again.png')


def test_runs_that_count_iterations(tmp_path, tool, capsys):
    """The table that is written can be read again, and the tool names the unit."""
    one, two = 1_234_000, 2_468_000
    rows = [train_row(one, 2.0), val_row(one, 60.0, 'accuracy/top1'), train_row(two, 1.0)]
    write_log(tmp_path / 'run', '1', [*rows, val_row(two, 30.0, 'accuracy/top1')])
    _, table = plot([tmp_path / 'run'], tmp_path / 'curves.png')
    assert read_table(table) == [
        ['run', 'iteration', 'name', 'value'],
        ['run', '1234000', 'loss', '2.0'],
        ['run', '2468000', 'loss', '1.0'],
        ['run', '1234000', 'accuracy/top1', '60.0'],
        ['run', '2468000', 'accuracy/top1', '30.0'],
    ]
    assert curves.read_curves([table]) == curves.read_curves([tmp_path / 'run'])
    tool('plot_curves').main([str(table), '--out', str(tmp_path / 'again.png')])
    assert capsys.readouterr().out.splitlines()[2] == (
        'run: accuracy valley, from 60 at iteration 1234000 to 30 at iteration 2468000 '
        '(50% lower), until iteration 2468000'
    )


def test_runs_of_the_same_name_are_told_apart(tmp_path):
    runs = [make_run(tmp_path / 'a' / 'run'), make_run(tmp_path / 'b' / 'run')]
    _, table = plot(runs, tmp_path / 'curves.png')
    assert {row[0] for row in read_table(table)[1:]} == {str(run) for run in runs}


def test_bad_input_is_one_sentence(tmp_path):
    good = make_run(tmp_path / 'good')
    (tmp_path / 'empty').mkdir()
    write_log(tmp_path / 'iterations', '1', [train_row(1, 1.0), val_row(1, 0.5)])
    write_log(tmp_path / 'other', '1', [train_row(1, 1.0, 1), val_row(1, 0.5, 'coco/bbox_mAP')])
    write_log(tmp_path / 'broken', '1', [train_row(1, 1.0, 1)])
    with (tmp_path / 'broken/1/vis_data/scalars.json').open('a') as file:
        file.write('{"loss": 1\n')
    write_log(tmp_path / 'list', '1', [train_row(1, 1.0, 1), [1]])
    write_log(tmp_path / 'nested', '1', [train_row(1, {'a': 1}, 1)])
    write_log(tmp_path / 'huge', '1', [train_row(1, 10**400, 1)])
    write_log(tmp_path / 'zeroth', '1', [train_row(1, 1.0, 0)])
    write_log(tmp_path / 'latin', '1', [])
    (tmp_path / 'latin/1/vis_data/scalars.json').write_bytes(b'{"loss\xe9: 1}\n')
    write_log(tmp_path / 'deep', '1', [])
    (tmp_path / 'deep/1/vis_data/scalars.json').write_text('[' * 100_000 + '\n')
    out = tmp_path / 'curves.png'
    for runs, target, words in (
        ([tmp_path / 'nowhere'], out, 'nowhere: this work dir does not exist'),
        ([tmp_path / 'empty'], out, r'empty: it has no .*scalars\.json'),
        ([tmp_path / 'broken'], out, r'scalars\.json: line 2 is not JSON'),
        ([tmp_path / 'list'], out, r'scalars\.json: line 2 is not a JSON object'),
        ([tmp_path / 'nested'], out, r'scalars\.json: line 1 has loss = .*cannot be drawn'),
        ([tmp_path / 'huge'], out, r'scalars\.json: line 1 has loss = 1000.*cannot be drawn'),
        ([tmp_path / 'zeroth'], out, r'scalars\.json: line 1 has epoch = 0'),
        ([tmp_path / 'latin'], out, r'scalars\.json: line 1 is not JSON'),
        ([tmp_path / 'deep'], out, r'scalars\.json: line 1 is not JSON'),
        ([good, good], out, 'good: this run is given twice'),
        ([good, tmp_path / 'iterations'], out, 'good counts epochs, iterations counts iterations'),
        ([good, tmp_path / 'other'], out, 'good: pascal_voc/mAP, other: coco/bbox_mAP'),
        ([good], tmp_path / 'curves.jpg', r'curves\.jpg: this is not a \.png file'),
        ([good], good / '20260101_000000/vis_data/scalars.json/c.png', 'cannot be written'),
    ):
        with pytest.raises(InputError, match=words) as caught:
            plot(runs, target)
        assert '\n' not in str(caught.value)


def test_command_line_reads_each_log_once(tmp_path, tool, capsys, monkeypatch):
    make_run(tmp_path / 'run')
    read, logs = scalars._read_rows, []
    monkeypatch.setattr(scalars, '_read_rows', lambda log: logs.append(log) or read(log))
    tool('plot_curves').main([str(tmp_path / 'run'), '--out', str(tmp_path / 'c.png')])
    assert capsys.readouterr().out.split() == [str(tmp_path / 'c.png'), str(tmp_path / 'c.csv')]
    assert len(logs) == len(set(logs)) == 2


def test_a_table_is_drawn_beside_a_run(tmp_path, tool, capsys):
    """A run is drawn with the paper's curves, and the written table can be read again."""
    run = tmp_path / 'mine'
    rows = [train_row(i, 3.0 - i, i) for i in (1, 2)]
    values = [val_row(i, 40 + i, 'accuracy/top1') for i in (1, 2)]
    write_log(run, '20260101_000000', rows + values)
    paper = str(CURVES / 'structure_composing_cifar10.csv')
    tool('plot_curves').main([str(run), paper])
    printed = capsys.readouterr().out.splitlines()
    assert printed[2].startswith(
        'SfNet CIFAR-10 (paper): accuracy valley, from 77.98 at epoch 8 to 30.53 at epoch 21'
    )
    names = {row[0] for row in read_table(run / 'curves.csv')[1:]}
    assert names == {'mine', 'VGG-16 CIFAR-10 (paper)', 'SfNet CIFAR-10 (paper)'}
    _, again = plot([run / 'curves.csv'], tmp_path / 'again.png')
    floats = [[row[0], float(row[1]), row[2], float(row[3])] for row in read_table(again)[1:]]
    assert floats == [
        [row[0], float(row[1]), row[2], float(row[3])] for row in read_table(run / 'curves.csv')[1:]
    ]


@pytest.mark.parametrize(
    'text',
    [
        '',
        'run,epoch\na,1\n',
        'run,epoch,name,value\na,x,loss,1\n',
        'run,epoch,name,value\na,0,loss,1\n',
        'run,iteration,name,value\na,0,loss,1\n',
        'run,epoch,name,value\na,1,loss,1e999\n',
        'run,epoch,name,value\na,1,loss,1\nb,1,accuracy/top1,1\n',
        'run,epoch\0,name,value\na,1,loss,1\n',
    ],
)
def test_a_table_of_another_kind_is_a_sentence(tmp_path, text):
    (tmp_path / 'other.csv').write_text(text)
    with pytest.raises(InputError, match='other.csv: '):
        plot([tmp_path / 'other.csv'], tmp_path / 'curves.png')
