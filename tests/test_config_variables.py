"""Options give the names at the top of a config other values, and the rest of the file follows."""

import pytest

from ic_backbones.config_file import read_config
from ic_backbones.errors import InputError
from ic_backbones.runs.options import load_config
from ic_backbones.runs.settings import epoch_options
from ic_backbones_tools.train import main as train

BASE = """
max_epochs, val_interval = 8, 1
classes = ('cat', 'dog')  # a comment
train_cfg = dict(max_epochs=max_epochs, val_interval=val_interval)
model = dict(head=dict(num_classes=len(classes)), scope='mmengine')
pipeline = [dict(type='Load'), dict(type='Resize', scale=(1, 2))]
"""
HEIR = """_base_ = [
    './base.py',
]
lr = 0.1; unused = 3
optim_wrapper = dict(optimizer=dict(lr=lr * 2))
train_dataloader = dict(dataset=dict(pipeline={{_base_.pipeline}}))
names = {{_base_.classes}}
"""


@pytest.fixture
def load(tmp_path):
    (tmp_path / 'base.py').write_text(BASE)
    (tmp_path / 'heir.py').write_text(HEIR)

    def call(*options: str, name: str = 'heir'):
        argv = [str(tmp_path / f'{name}.py'), '--work-dir', str(tmp_path / 'work')]
        args = train.parse([*argv, *(['--cfg-options', *options] if options else [])])
        return load_config(args), args

    return call


def test_what_the_file_makes_of_a_name_follows(load):
    cfg, args = load('max_epochs=20', 'classes=[a,b,c]', name='base')
    assert cfg.train_cfg == dict(max_epochs=20, val_interval=1)
    assert cfg.model.head.num_classes == 3 and cfg.classes == ('a', 'b', 'c')
    assert cfg.filename == args.config and args.values['max_epochs'] == 20


def test_one_class(load):
    assert load('classes=raccoon', name='base')[0].model.head.num_classes == 1


def test_names_of_a_base_and_parts_of_a_name(load):
    cfg, args = load('val_interval=2', 'lr=0.5', 'pipeline.1.scale=(3,4)', 'train_cfg.max_epochs=3')
    assert cfg.train_cfg == dict(max_epochs=3, val_interval=2)
    assert cfg.optim_wrapper.optimizer.lr == 1
    assert cfg.train_dataloader.dataset.pipeline[1].scale == (3, 4)
    assert args.values.keys() == {'val_interval', 'lr', 'pipeline'}
    written = read_config(args.config, args.values)
    assert written.train_cfg.max_epochs == 8 and written.train_cfg.val_interval == 2


def test_a_name_from_which_nothing_follows_is_refused(load):
    with pytest.raises(InputError, match="unused: .* computes nothing else from 'unused', so this"):
        load('unused=4')
    load('unused=3')  # as it is


def test_a_name_of_another_packages_config_is_refused(tmp_path):
    config = tmp_path / 'heir.py'
    config.write_text("_base_ = 'mmdet::retinanet/retinanet_r18_fpn_1x_coco.py'\n")
    argv = [str(config), '--work-dir', str(tmp_path / 'work'), '--cfg-options', 'data_root=photos']
    with pytest.raises(InputError, match="heir.py computes nothing else from 'data_root'"):
        load_config(train.parse(argv))


def test_the_block_at_the_top_of_the_sample_config(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    options = ['max_epochs=20', 'classes=cell', 'scale=(320,240)', 'train_split=trainval']
    argv = ['faster_rcnn_ic_r18_sample', '--cfg-options', *options, 'data_root=photos']
    cfg = load_config(train.parse(argv))
    data = cfg.train_dataloader.dataset
    assert data.metainfo.classes == ('cell',) and cfg.model.roi_head.bbox_head.num_classes == 1
    assert data.data_root == cfg.test_dataloader.dataset.data_root == 'photos'
    assert data.ann_file == 'ImageSets/Main/trainval.txt'
    assert cfg.train_cfg.max_epochs == cfg.param_scheduler[1].T_max == 20
    assert [s.scale for s in data.pipeline if s.type == 'Resize'] == [(320, 240)]
    assert cfg.work_dir == './work_dirs/faster_rcnn_ic_r18_sample'


@pytest.mark.parametrize(
    ('config', 'options'),
    [
        (BASE, ['max_epochs=10', 'train_cfg.max_epochs=10']),
        ("_base_ = 'mmdet::yolox/yolox_tiny_8xb8-300e_coco.py'", ['train_cfg.max_epochs=10']),
    ],
)
def test_epochs_are_a_variable_only_where_the_file_uses_it(tmp_path, config, options):
    file = tmp_path / 'config.py'
    file.write_text(config)
    assert epoch_options(read_config(file), 10) == options


def test_epochs_and_seed(tmp_path, monkeypatch, detector_config, classifier_config):
    seen = []
    monkeypatch.setattr('ic_backbones.runs.start.run', lambda cfg, *_: seen.append(cfg))
    for number, config in enumerate((detector_config, classifier_config)):
        work = ['--work-dir', str(tmp_path / str(number))]
        assert train([config, *work, '--epochs', '5', '--seed', '7']) == 0
    for cfg in seen:
        assert cfg.train_cfg.max_epochs == 5 and cfg.randomness.seed == 7
    (tmp_path / 'iterations.py').write_text(
        f'_base_ = {classifier_config!r}\n'
        "train_cfg = dict(_delete_=True, type='IterBasedTrainLoop', max_iters=3)\n"
    )
    with pytest.raises(InputError, match='--epochs: the training of .*iterations.py does not cou'):
        train([str(tmp_path / 'iterations.py'), '--epochs', '5'])
