"""tools/train.py and tools/test.py with a detector, a classifier and wrong input."""

import errno
import pickle
import shutil
from contextlib import redirect_stdout
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.fileio import FileClient
from mmengine.visualization import LocalVisBackend
from mmpretrain.models import ImageClassifier

from ic_backbones.errors import InputError
from ic_backbones.runs import start
from ic_backbones.runs.guards import default_hooks
from ic_backbones.runs.launcher import LAUNCHER_VARIABLES
from ic_backbones_tools.command import Terminated, run_tool
from ic_backbones_tools.train import main as train


@pytest.fixture(scope='module')
def trained(classifier_config, detector_config, tool, tmp_path_factory) -> dict[str, Path]:
    """Work dirs of a classifier and a detector after their only epoch, and what was printed."""
    folder = tmp_path_factory.mktemp('trained')
    options = ['train_cfg.max_epochs=1', 'default_hooks.checkpoint.save_best=auto']
    runs = dict(
        classifier=[classifier_config], detector=[detector_config, '--cfg-options', *options]
    )
    for kind, argv in runs.items():
        with (folder / f'{kind}.txt').open('w') as printed, redirect_stdout(printed):
            assert train([*argv, '--work-dir', str(folder / kind)]) == 0
    return {kind: folder / kind for kind in runs}


@pytest.mark.parametrize('kind', ['classifier', 'detector'])
def test_trains(trained, kind):
    assert (trained[kind] / 'epoch_1.pth').is_file()
    hooks = Config.fromfile(next(trained[kind].glob('tiny_*.py'))).default_hooks
    assert all(hooks[name].type == guard['type'] for name, guard in default_hooks.items())


@pytest.mark.parametrize('quiet', [True, False])
def test_the_log_holds_no_note_on_mmengines_own_classes(
    classifier_config, tool, tmp_path, monkeypatch, quiet
):
    monkeypatch.setattr(FileClient, '_instances', {})  # it notes only the first of each kind
    if not quiet:
        monkeypatch.setattr(start, '_concerns_the_user', lambda record: True)
    assert tool('train').main([classifier_config, '--work-dir', str(tmp_path)]) == 0
    (log,) = tmp_path.glob('*/*.log')
    notes = [name for name in ('FileClient', 'HardDiskBackend') if f'"{name}" ' in log.read_text()]
    assert notes == ([] if quiet else ['FileClient', 'HardDiskBackend'])


@pytest.mark.parametrize(
    ('kind', 'which', 'name'),
    [
        ('classifier', 'last', 'epoch_1.pth'),
        ('detector', 'best', 'best_pascal_voc_mAP_epoch_1.pth'),
    ],
)
def test_the_last_line_names_the_checkpoint_to_take(trained, kind, which, name):
    """Where the config saves no best checkpoint, it is the last one."""
    file = trained[kind] / name
    assert file.is_file()
    line = trained[kind].with_suffix('.txt').read_text().splitlines()[-1]
    assert line == f'the {which} checkpoint, for predict and the other tools: {file}'


def test_tests_a_classifier(trained, classifier_config, tool, tmp_path):
    checkpoint = str(trained['classifier'] / 'epoch_1.pth')
    out, pictures = tmp_path / 'out.pkl', tmp_path / 'pictures'
    options = ['--work-dir', str(tmp_path / 'work'), '--out', str(out)]
    tool('test').main([classifier_config, checkpoint, *options, '--show-dir', str(pictures)])
    predictions = pickle.loads(out.read_bytes())
    assert len(predictions) == 8
    assert all(item['pred_score'].sum() == pytest.approx(1, abs=1e-5) for item in predictions)
    assert len(list(pictures.iterdir())) == 8


def test_tests_a_classifier_with_augmentation(trained, classifier_config, tool, tmp_path):
    out = tmp_path / 'out.pkl'
    options = ['--work-dir', str(tmp_path), '--out', str(out), '--tta']
    tool('test').main([classifier_config, str(trained['classifier'] / 'epoch_1.pth'), *options])
    predictions = pickle.loads(out.read_bytes())
    # The result carries the metainfo of the first view, which is the flipped one.
    assert [item['flip'] for item in predictions] == [True] * 8


def test_tests_a_detector_with_augmentation(trained, detector_config, tool, tmp_path):
    checkpoint = str(trained['detector'] / 'epoch_1.pth')
    out, pictures = tmp_path / 'new' / 'out.pkl', tmp_path / 'pictures'
    options = ['--work-dir', str(tmp_path / 'work'), '--out', str(out), '--tta']
    tool('test').main([detector_config, checkpoint, *options, '--show-dir', str(pictures)])
    predictions = pickle.loads(out.read_bytes())
    assert [(item['img_id'], item['flip']) for item in predictions] == [
        ('val_0000', True),
        ('val_0001', True),
    ]
    assert set(predictions[0]['pred_instances']) == {'bboxes', 'labels', 'scores'}
    assert sorted(path.name for path in pictures.iterdir()) == ['val_0000.jpg', 'val_0001.jpg']


def test_channels_last(classifier_config, tool, tmp_path, monkeypatch, capsys):
    """The weights of every training step, from a flag; each training prints its seed."""
    seen, step = [], ImageClassifier.train_step

    def spy(self, *args, **kwargs):
        weight = self.backbone.conv1.weight
        seen.append(weight.is_contiguous(memory_format=torch.channels_last))
        return step(self, *args, **kwargs)

    monkeypatch.setattr(ImageClassifier, 'train_step', spy)
    argv = [classifier_config, '--work-dir', str(tmp_path)]
    tool('train').main([*argv, '--channels-last'])
    tool('train').main([*argv, '--overwrite'])
    assert seen == [True] * 2 + [False] * 2
    seed = torch.load(tmp_path / 'epoch_1.pth', weights_only=False)['meta']['seed']
    assert f'seed: {seed}, also in the log and in every checkpoint' in capsys.readouterr().out


@pytest.fixture
def wrong(classifier_config, trained, tmp_path):
    """Wrong files, by name, for the command lines below."""
    texts = dict(
        syntax='model = dict(\n',
        base="_base_ = 'nowhere.py'\n",
        partial='model = dict(type="X")\n',
        typeless=f'_base_ = {classifier_config!r}\ncustom_hooks = [dict(priority=1)]\n',
        nothook=f'_base_ = {classifier_config!r}\ndefault_hooks = dict(visualization=None)\n',
    )
    for name, text in texts.items():
        (tmp_path / f'{name}.py').write_text(text)
    (tmp_path / 'junk.pth').write_bytes(b'not a checkpoint')
    (tmp_path / 'cut.pth').write_bytes(
        (trained['classifier'] / 'epoch_1.pth').read_bytes()[:10_000]
    )
    torch.save(dict(state_dict={'other': torch.ones(1)}), tmp_path / 'weights.pth')
    torch.save([1], tmp_path / 'list.pth')
    return dict(
        config=classifier_config,
        checkpoint=str(trained['classifier'] / 'epoch_1.pth'),
        tmp=str(tmp_path),
    )


@pytest.mark.parametrize(
    'line, words',
    [
        ('train nowhere.py', 'nowhere.py: no such config file'),
        ('train {tmp}/syntax.py', 'syntax.py: the config cannot be read'),
        ('train {tmp}/base.py', 'nowhere.py'),
        ('train {tmp}/partial.py', 'partial.py: it has no train_dataloader'),
        ('test {tmp}/partial.py {checkpoint}', 'partial.py: it has no test_dataloader'),
        ('train {config} --cfg-options max_epochs', "'max_epochs': this is not KEY=VALUE"),
        ('train {config} --cfg-options model.head.topk=[1,(2]', 'this is not KEY=VALUE'),
        ('train {config} --cfg-options modle.head.topk=1', "did you mean 'model'?"),
        ('train {config} --cfg-options model.type.depth=1', 'this does not fit the config'),
        (
            'train {config} --work-dir {tmp}/junk.pth/work',
            'junk.pth/work: the folder cannot be made',
        ),
        ('train {config} --launcher pytorch', 'RANK, WORLD_SIZE, MASTER_ADDR, MASTER_PORT not set'),
        ('train {config} --launcher slurm', 'SLURM_PROCID, SLURM_NTASKS, SLURM_NODELIST not set'),
        ('train {config} --auto-scale-lr', 'base_batch_size'),
        ('train {config} --auto-scale-lr --cfg-options auto_scale_lr=None', 'base_batch_size'),
        ('train {config} --resume {tmp}/gone.pth', 'gone.pth: there is no such checkpoint'),
        ('train {config} --resume {tmp}/weights.pth', 'load_from='),
        (
            'train {config} --cfg-options load_from={tmp}/gone.pth',
            'gone.pth: there is no such checkpoint',
        ),
        ('test {config} {tmp}/gone.pth', 'gone.pth: there is no such checkpoint'),
        ('test {config} {tmp}/junk.pth', 'junk.pth: cannot be read'),
        ('test {config} {tmp}/cut.pth', 'cut.pth: cannot be read'),
        ('test {config} {tmp}/list.pth', 'list.pth: holds no state dict'),
        ('test {config} {tmp}/weights.pth', 'weights.pth: 0 of 122 tensors match'),
        ('test {config} {checkpoint} --out {tmp}/out.json', 'out.json: predictions are pickled'),
        ('test {config} {checkpoint} --out {tmp}/junk.pth/x.pkl', 'junk.pth: the folder cannot be'),
        ('test {config} {checkpoint} --show-dir {tmp}/junk.pth', 'junk.pth: the folder cannot be'),
        (
            'train {config} --cfg-options model.head.num_classes=1',
            'num_classes is 1, but the number of classes of train_dataloader is 2 (cat, dog)',
        ),
        (
            'train {config} --cfg-options train_dataloader.batch_size=9 '
            'train_dataloader.drop_last=True',
            'train_dataloader has no batch for its 8 images; set a smaller batch_size, or ',
        ),
        (
            'train {config} --cfg-options default_hooks.checkpoint.save_best=acc',
            "save_best=acc: is not measured; give one of accuracy/top1, or 'auto'",
        ),
        (
            'test {config} {checkpoint} --cfg-options model.backbone.deploy=True',
            'ICResNet: has the form for inference, but the weights',
        ),
        ('train {tmp}/typeless.py', 'typeless.py: the config cannot be built'),
        ('test {tmp}/nothook.py {checkpoint} --show-dir {tmp}/s', 'default_hooks.visualization'),
        ('test {config} {checkpoint} --tta --show-dir {tmp}/s', 'leave --show and --show-dir out'),
    ],
)
def test_wrong_input_is_one_sentence_and_code_1(wrong, tool, monkeypatch, line, words):
    monkeypatch.chdir(wrong['tmp'])
    for variables in LAUNCHER_VARIABLES.values():
        for name in variables:
            monkeypatch.delenv(name, raising=False)
    name, *argv = line.format(**wrong).split()
    with pytest.raises(SystemExit) as caught:
        run_tool(lambda: tool(name).main(argv))
    sentence = caught.value.code  # sys.exit prints a string to stderr and exits with code 1
    assert sentence.startswith('error: ') and words in sentence and '\n' not in sentence


@pytest.mark.parametrize(
    'option, words',
    [
        ('model.backbone.depht=18', 'depht'),
        ('model.backbone.depth=19', '19'),
        ('model.backbone.type=ICResNett', 'ICResNett'),
        ('train_dataloader.dataset.type=VOCStyleDatasett', 'VOCStyleDatasett'),
        ('train_dataloader.sampler.shufle=0', '(in train_loop, dataloader)'),
        ('val_evaluator.type=VOCStyleMetricc', 'VOCStyleMetricc'),
        ('train_cfg.max_epoch=1', 'max_epoch'),
        ('optim_wrapper.optimizer.momentumm=1', '(in optim_wrapper)'),
    ],
)
def test_a_value_that_nothing_can_be_built_from(detector_config, tool, tmp_path, option, words):
    argv = [detector_config, '--work-dir', str(tmp_path), '--cfg-options', option]
    with pytest.raises(InputError) as caught:
        tool('train').main(argv)
    sentence = str(caught.value)
    assert sentence.startswith(f'{detector_config}: the config cannot be built, ')
    assert words in sentence and sentence.endswith('; correct that key') and '\n' not in sentence


def test_a_value_that_no_test_can_be_built_from(trained, detector_config, tool, tmp_path):
    argv = [detector_config, str(trained['detector'] / 'epoch_1.pth'), '--work-dir', str(tmp_path)]
    with pytest.raises(InputError, match='.*11points.* .in test_loop, evaluator.; corr'):
        tool('test').main([*argv, '--cfg-options', 'test_evaluator.eval_mode=foo'])


def test_classes_in_another_order_are_refused(trained, classifier_config, tool, tmp_path):
    """By a test and by a resumed training, whose labels would be others."""
    options = [
        f'{split}_dataloader.dataset.metainfo.classes=[dog,cat]'
        for split in ('train', 'val', 'test')
    ]
    checkpoint = str(trained['classifier'] / 'epoch_1.pth')
    common = ['--work-dir', str(tmp_path), '--cfg-options', *options]
    with pytest.raises(
        InputError, match=r"trained with the classes \('cat', 'dog'\), which the data"
    ):
        tool('test').main([classifier_config, checkpoint, *common])
    with pytest.raises(InputError, match='in another order; give them to it in that order'):
        tool('train').main(
            [classifier_config, '--resume', checkpoint, *common, 'train_cfg.max_epochs=2']
        )


def test_a_wrong_start_over_moves_nothing(trained, classifier_config, tool, tmp_path):
    work = tmp_path / 'work'
    shutil.copytree(trained['classifier'], work)
    before = sorted(work.glob('*.pth'))
    argv = [classifier_config, '--work-dir', str(work), '--overwrite']
    with pytest.raises(InputError, match='num_classes is 1'):
        tool('train').main([*argv, '--cfg-options', 'model.head.num_classes=1'])
    assert before == sorted(work.glob('*.pth'))


@pytest.mark.parametrize('error', [KeyError, ValueError])
def test_an_error_of_the_training_itself_is_not_hidden(
    classifier_config, tool, tmp_path, monkeypatch, error
):
    def fail(self, *args, **kwargs):
        raise error('from the first step')

    monkeypatch.setattr(ImageClassifier, 'train_step', fail)
    with pytest.raises(error, match='from the first step') as caught:
        tool('train').main([classifier_config, '--work-dir', str(tmp_path)])
    assert not isinstance(caught.value, InputError)


def test_a_disk_that_is_full_when_a_log_is_written(classifier_config, tool, tmp_path, monkeypatch):
    def fail(*args, **kwargs):
        raise OSError(errno.ENOSPC, 'No space left on device', 'scalars.json')

    monkeypatch.setattr(LocalVisBackend, 'add_scalars', fail)
    sentence = 'scalars.json: cannot be written .*; free some space; there is no checkpoint$'
    with pytest.raises(InputError, match=sentence):
        tool('train').main([classifier_config, '--work-dir', str(tmp_path)])


@pytest.mark.parametrize(
    'launcher, rank, ends',
    [
        ('none', '0', '(no checkpoint yet); continue with: python tools/train.py {argv}\n'),
        ('pytorch', '0', '(no checkpoint yet); continue with: the same command\n'),
        ('pytorch', '1', ''),
    ],
)
def test_ctrl_c_and_sigterm_are_answered_once(
    classifier_config, tmp_path, monkeypatch, capsys, launcher, rank, ends
):
    def interrupt(*args):
        raise KeyboardInterrupt

    def save_and_be_killed(*args):
        (tmp_path / 'last_checkpoint').write_text('epoch_1.pth')
        (tmp_path / 'epoch_1.pth').touch()
        raise Terminated

    monkeypatch.setattr('ic_backbones.runs.launcher._end_with_the_launcher', lambda: None)
    monkeypatch.setattr('ic_backbones.runs.launcher._use_gloo', lambda *args: None)
    monkeypatch.setenv('LOCAL_RANK', '0')
    for name in LAUNCHER_VARIABLES['pytorch']:
        monkeypatch.setenv(name, rank)
    monkeypatch.setattr(start, 'run', interrupt)
    argv = [classifier_config, '--work-dir', str(tmp_path), '--launcher', launcher]
    assert train(argv) == 130
    assert capsys.readouterr().err.endswith(ends.format(argv=' '.join(argv)))
    monkeypatch.setattr(start, 'run', save_and_be_killed)
    assert train(argv) == 143
    error = capsys.readouterr().err
    assert error.rstrip().endswith('--resume') if rank == '0' else error == ''


@pytest.mark.skipif(torch.cuda.is_available(), reason='there is a GPU, so --amp is right')
def test_amp_without_a_gpu_is_refused(classifier_config, tool, tmp_path):
    with pytest.raises(InputError, match='--amp: mixed precision needs a GPU'):
        tool('train').main([classifier_config, '--work-dir', str(tmp_path), '--amp'])


def test_missing_data_is_told_before_anything_is_built(detector_config, tool, tmp_path):
    config = tmp_path / 'no_data.py'
    config.write_text(
        f'_base_ = {detector_config!r}\n'
        f'train_dataloader = dict(dataset=dict(data_root={str(tmp_path / "gone")!r}))\n'
    )
    with pytest.raises(InputError, match='gone'):
        tool('train').main([str(config), '--work-dir', str(tmp_path / 'work')])
    (tmp_path / 'empty.pth').touch()
    option = f'test_dataloader.dataset.data_root={tmp_path / "gone"}'
    argv = [detector_config, str(tmp_path / 'empty.pth'), '--work-dir', str(tmp_path / 'work')]
    with pytest.raises(InputError, match='gone'):
        tool('test').main([*argv, '--cfg-options', option])
    assert [path.name for path in (tmp_path / 'work').iterdir()] == ['.lock']


def test_a_loss_that_is_not_finite_stops_the_tool(detector_config, tool, tmp_path):
    options = ['optim_wrapper.optimizer.lr=1e30', 'randomness.seed=0']
    argv = [detector_config, '--work-dir', str(tmp_path), '--cfg-options', *options]
    with pytest.raises(InputError, match=r'iteration \d: the loss is not finite.*train_\d{4}\.jpg'):
        tool('train').main(argv)
    assert not list(tmp_path.glob('*.pth'))
