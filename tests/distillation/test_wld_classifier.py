"""The student next to its frozen teacher, alone and inside mmengine's runner."""

import copy
import json
import os
import shutil
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.model import MMDistributedDataParallel
from mmpretrain.registry import MODELS
from mmpretrain.structures import DataSample

from ic_backbones.errors import InputError
from ic_backbones.ops import ic_layers
from ic_backbones.runs.scalars import read_scalars


@pytest.fixture
def student(student_config):
    torch.manual_seed(1)
    model = MODELS.build(student_config)
    model.init_weights()
    return model


def batch():
    torch.manual_seed(2)
    return dict(
        inputs=torch.randint(0, 256, (4, 3, 32, 32), dtype=torch.uint8),
        data_samples=[DataSample().set_gt_label(label) for label in (0, 1, 2, 1)],
    )


def losses(model, data=None):
    return model(**model.data_preprocessor(data or batch(), True), mode='loss')


def test_student_starts_as_its_teacher(student):
    x = torch.randn(2, 3, 45, 37)
    logits = student.eval()(x)
    assert torch.equal(logits, student.teacher(x))
    assert logits.std() > 0 and not torch.equal(student.train()(x), logits)


def test_w_prime_has_the_scale_of_the_teachers_weights(student):
    for layer in ic_layers(student.backbone).values():
        ratio = layer.w_prime.square().mean().sqrt() / layer.weight.square().mean().sqrt() / 3
        assert 0.8 < ratio < 1.2


def test_teacher_is_frozen_and_not_part_of_the_student(student):
    before = copy.deepcopy(student.teacher.state_dict())
    student.train()
    optimizer = torch.optim.SGD(student.parameters(), lr=0.1)
    sum(losses(student).values()).backward()
    optimizer.step()
    assert not any(module.training for module in student.teacher.modules())
    assert not any(p.requires_grad for p in student.teacher.parameters())
    after = student.teacher.state_dict()
    assert all(torch.equal(after[name], value) for name, value in before.items())
    assert not any('teacher' in name for name in student.state_dict())
    own = {id(p) for p in student.parameters()}
    assert not any(id(p) in own for p in student.teacher.parameters())
    assert all(p.grad is not None for p in student.parameters())


def test_loss_is_that_of_the_formula(student):
    """In train mode, against mmpretrain's own loss and the formula by hand."""
    student.wld.weight, student.wld.tau = 0.4, 4.0
    student.train()
    twin = copy.deepcopy(student)
    found = losses(student)
    data = twin.data_preprocessor(batch(), True)
    logits = twin(data['inputs'])
    log_s, log_t = ((v / 4).log_softmax(1) for v in (logits, twin.teacher(data['inputs'])))
    kl = 16 * (log_t.exp() * (log_t - log_s)).sum() / 4
    ce = -logits.log_softmax(1)[range(4), [0, 1, 2, 1]].mean()
    torch.testing.assert_close(found['loss_ce'], 0.6 * ce)
    torch.testing.assert_close(found['loss_kd'], 0.4 * (kl - 0.005))


def test_mixup_reaches_both_networks(student_config):
    student_config['train_cfg'] = dict(augments=dict(type='Mixup', alpha=1.0))
    model = MODELS.build(student_config)
    model.init_weights()
    seen = []
    handle = model.teacher.backbone.register_forward_pre_hook(lambda _, x: seen.append(x[0]))
    images = batch()
    torch.manual_seed(0)  # a permutation that mixes labels too
    data = model.data_preprocessor(images, True)
    terms = model(**data, mode='loss')
    handle.remove()
    assert len(seen) == 1 and seen[0] is data['inputs']
    score = torch.stack([sample.gt_score for sample in data['data_samples']])
    assert ((score > 0).sum(1) == 2).any()
    assert all(value.isfinite() for value in terms.values())


def test_a_copy_shares_the_teacher(student):
    assert copy.deepcopy(student).teacher is student.teacher


def test_teacher_moves_and_converts_with_the_student(student):
    student.teacher  # noqa: B018
    student.double()
    assert {p.dtype for p in student.teacher.parameters()} == {torch.float64}


def test_testing_needs_no_teacher(student, student_config, tmp_path):
    plain = {k: v for k, v in student_config.items() if k != 'teacher_checkpoint'}
    classifier = MODELS.build({**copy.deepcopy(plain), 'type': 'ImageClassifier'})
    classifier.load_state_dict(student.state_dict())
    without = MODELS.build({**student_config, 'teacher_checkpoint': str(tmp_path / 'gone.pth')})
    without.load_state_dict(student.state_dict())
    x = torch.randn(1, 3, 32, 32)
    expected = student.eval()(x)
    assert torch.equal(classifier.eval()(x), expected)
    assert torch.equal(without.eval()(x), expected)


@pytest.mark.parametrize('counted', [True, False])
def test_torchvisions_layout(student_config, teacher, teacher_checkpoint, tmp_path, counted):
    """Names without backbone. and head., and in its older files BN has counted no batches."""
    state = torch.load(teacher_checkpoint)['state_dict']
    given = {name.split('.', 1)[1]: value for name, value in state.items()}
    if not counted:
        given = {k: v for k, v in given.items() if not k.endswith('num_batches_tracked')}
        assert len(given) < len(state)
    torch.save(given, tmp_path / 'tv.pth')
    student_config.update(teacher=teacher, teacher_checkpoint=str(tmp_path / 'tv.pth'))
    model = MODELS.build(student_config)
    model.init_weights()
    x = torch.randn(1, 3, 32, 32)
    assert torch.equal(model.eval()(x), model.teacher(x))
    assert torch.equal(model.teacher.head.fc.weight, state['head.fc.weight'])


def test_a_second_start_leaves_what_was_learned(student_config):
    """A new Runner starts a model that it is given."""
    model = MODELS.build(student_config)
    model.init_weights()
    learned = model.head.fc.weight.detach().add_(1).clone()
    model.init_weights()
    assert torch.equal(model.head.fc.weight, learned)


def test_a_start_that_failed_can_be_made_again(student_config, teacher_checkpoint, tmp_path):
    student_config['teacher_checkpoint'] = str(tmp_path / 'late.pth')
    model = MODELS.build(student_config)
    with pytest.raises(InputError, match='late.pth: there is no such checkpoint'):
        model.init_weights()
    shutil.copy(teacher_checkpoint, tmp_path / 'late.pth')
    model.init_weights()
    assert torch.equal(model.head.fc.weight, model.teacher.head.fc.weight)


@pytest.mark.parametrize('kind', ['dict', 'path'])
def test_teacher_as_config(student_config, teacher, tmp_path, kind):
    preprocessor = student_config['data_preprocessor']
    (tmp_path / 'teacher.py').write_text(f'model = {teacher}\ndata_preprocessor = {preprocessor}')
    student_config['teacher'] = teacher if kind == 'dict' else str(tmp_path / 'teacher.py')
    model = MODELS.build(student_config)
    model.init_weights()
    assert type(model.teacher.backbone).__name__ == 'ResNet'


@pytest.mark.parametrize(
    'change, sentence',
    [
        ({'head.num_classes': 4}, 'teacher has 3 classes, the student 4'),
        ({'data_preprocessor.std': [50.0] * 3}, 'data_preprocessor: the teacher.s std is'),
        ({'data_preprocessor.to_rgb': False}, 'to_rgb is True, the student'),
        ({'data_preprocessor.mean': None}, 'mean is'),
        ({'teacher_checkpoint': 'gone.pth'}, 'gone.pth: there is no such checkpoint'),
        ({'teacher': 'gone.py'}, 'gone.py: no such config file'),
        (
            {'backbone.alpha': 1.0, 'backbone.alpha_mode': 'constant'},
            'conv1: has alpha=1, which is constant',
        ),
        ({'backbone.alpha': 0.1}, 'conv1: has alpha=0.1'),
        ({'backbone.alpha_mode': 'constant'}, 'constant or not 0'),
        ({'backbone.deep_stem': True}, 'tensors match and 21 do not'),
    ],
)
def test_what_does_not_fit_is_refused_in_a_sentence(student_config, change, sentence):
    config = Config(student_config)
    config.merge_from_dict(change)
    with pytest.raises(InputError, match=sentence) as caught:
        MODELS.build(config).init_weights()
    assert '\n' not in str(caught.value)


def test_a_checkpoint_of_another_teacher_is_refused(student_config, teacher):
    teacher['backbone']['base_channels'] = 16
    teacher['head']['in_channels'] = 128
    with pytest.raises(InputError, match='tensors match and .* do not'):
        MODELS.build(dict(student_config, teacher=teacher)).init_weights()


def test_a_teacher_with_ic_layers_is_refused(student, student_config, teacher, tmp_path):
    """Whether its config has the layers, which would move the student's alpha, or lacks them."""
    with torch.no_grad():
        for layer in ic_layers(student).values():
            layer.alpha.fill_(0.5)
    file = str(tmp_path / 'ic.pth')
    torch.save(student.state_dict(), file)
    for config in (student_config, teacher):
        model = MODELS.build(dict(student_config, teacher=config, teacher_checkpoint=file))
        with pytest.raises(InputError, match=r'ic\.pth: .*w_prime.* without IC layers'):
            model.init_weights()


def test_a_broken_teacher_config_is_refused(student_config, tmp_path):
    (tmp_path / 'broken.py').write_text('model = dict(')
    with pytest.raises(InputError, match='broken.py: the config cannot be read, '):
        MODELS.build(dict(student_config, teacher=str(tmp_path / 'broken.py'))).init_weights()
    (tmp_path / 'part.py').write_text('optimizer = 1')
    with pytest.raises(InputError, match='part.py: its config has no model'):
        MODELS.build(dict(student_config, teacher=str(tmp_path / 'part.py'))).init_weights()


@pytest.mark.parametrize('content', [dict(state_dict=dict(epoch=3)), dict(state_dict=None)])
def test_a_checkpoint_without_tensors_is_refused(student_config, teacher, tmp_path, content):
    file = str(tmp_path / 'odd.pth')
    torch.save(content, file)
    config = dict(student_config, teacher=teacher, teacher_checkpoint=file)
    with pytest.raises(InputError, match='odd.pth: holds no state dict'):
        MODELS.build(config).init_weights()


@pytest.mark.skipif(not torch.cuda.is_available(), reason='needs a GPU as well as the CPU')
def test_a_student_on_a_gpu_is_compared_with_its_teacher(student_config):
    model = MODELS.build(student_config).cuda()
    model.init_weights()
    assert next(model.teacher.parameters()).device.type == 'cuda'


def test_a_checkpoint_without_a_config_asks_for_one(student_config, teacher_checkpoint, tmp_path):
    state = torch.load(teacher_checkpoint)['state_dict']
    student_config['teacher_checkpoint'] = str(tmp_path / 'bare.pth')
    for content in (state, dict(meta=None, state_dict=state)):
        torch.save(content, tmp_path / 'bare.pth')
        with pytest.raises(InputError, match='holds no config; give the teacher'):
            MODELS.build(student_config).init_weights()


def test_a_head_that_changes_its_logits_is_refused(student_config):
    student_config['head'] = dict(
        type='mmpretrain.ArcFaceClsHead',
        num_classes=3,
        in_channels=64,
        loss=dict(type='CrossEntropyLoss'),
    )
    with pytest.raises(InputError, match='ArcFaceClsHead'):
        MODELS.build(student_config)


HOOKS = (
    dict(type='ic_backbones.WLDScheduleHook'),
    dict(type='ic_backbones.SeedEpochHook'),
    dict(type='ic_backbones.LogAlphaHook', interval=2),
)


def test_resume_is_exact(make_runner):
    """The second epoch from the first's checkpoint is that of a run without a stop, bit for bit."""
    ema = dict(type='EMAHook', momentum=0.1)
    straight = make_runner('straight', 2, hooks=[*HOOKS, ema])
    straight.train()
    half = f'{straight.work_dir}/epoch_1.pth'
    torch.manual_seed(99)
    resumed = make_runner('resumed', 2, hooks=[*HOOKS, ema], resume=True, load_from=half)
    resumed.train()
    first, second = (
        torch.load(f'{runner.work_dir}/epoch_2.pth', weights_only=False)
        for runner in (straight, resumed)
    )
    assert resumed.iter == straight.iter == 6
    assert first['state_dict'].keys() == second['state_dict'].keys()
    for part in ('state_dict', 'ema_state_dict'):
        for name, value in first[part].items():
            assert torch.equal(value, second[part][name]), name
    for index, value in first['optimizer']['state'].items():
        other = second['optimizer']['state'][index]
        assert torch.equal(value['momentum_buffer'], other['momentum_buffer'])


def test_lambda_and_alpha_in_the_log(make_runner):
    logger = dict(logger=dict(type='LoggerHook', interval=1))
    runner = make_runner(hooks=HOOKS, default_hooks=logger)
    runner.train()
    history = runner.message_hub.get_scalar('train/lambda').data[0]
    assert history == pytest.approx([0.9, 0.74, 0.58, 0.42, 0.26, 0.1])
    assert runner.model.wld.weight == pytest.approx(0.1)
    (log,) = Path(runner.work_dir).glob('*/vis_data/scalars.json')
    rows = [json.loads(line) for line in log.read_text().splitlines()]
    alphas = [row for row in rows if 'alpha/backbone.layer1.0.conv1' in row]
    assert [row['iter'] for row in alphas] == [2, 3, 4, 6]
    layer = runner.model.backbone.layer1[0].conv1
    assert alphas[-1]['alpha/backbone.layer1.0.conv1'] == pytest.approx(layer.alpha.item())
    assert len(read_scalars(runner.work_dir).val) == 2  # the curves' reader is not misled


def test_gradient_accumulation(make_runner, monkeypatch):
    steps, step = [], torch.optim.SGD.step
    monkeypatch.setattr(torch.optim.SGD, 'step', lambda *args: steps.append(1) or step(*args))
    wrapper = dict(accumulative_counts=3, optimizer=dict(type='SGD', lr=0.01))
    runner = make_runner(epochs=1, optim_wrapper=wrapper)
    runner.train()
    assert len(steps) == 1  # of three iterations
    alphas = [layer.alpha for layer in ic_layers(runner.model.backbone).values()]
    assert all(alpha != 0 and alpha.isfinite() for alpha in alphas)


def test_autocast(student):
    """What AmpOptimWrapper does around a step, on the CPU."""
    with torch.autocast('cpu', torch.bfloat16):
        terms = losses(student.train())
    assert {value.dtype for value in terms.values()} == {torch.float32}
    sum(terms.values()).backward()
    assert all(p.grad.isfinite().all() for p in student.parameters())


def in_one_of_two_processes(rank: int, config: dict, folder: str) -> None:
    torch.distributed.init_process_group(
        'gloo', init_method=f'file://{folder}/store', rank=rank, world_size=2
    )
    torch.set_num_threads(1)
    torch.manual_seed(0)
    model = MODELS.build(config)
    model.init_weights()
    ddp = MMDistributedDataParallel(model, find_unused_parameters=False)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    start = model.head.fc.weight.detach().clone()
    for step in range(2):
        torch.manual_seed(10 * step + rank)
        data = dict(
            inputs=torch.randint(0, 256, (2, 3, 32, 32), dtype=torch.uint8),
            data_samples=[DataSample().set_gt_label(label) for label in (rank, 2)],
        )
        data = model.data_preprocessor(data, True)
        optimizer.zero_grad()
        sum(ddp(**data, mode='loss').values()).backward()
        optimizer.step()
    assert not torch.equal(model.head.fc.weight, start)
    torch.save(dict(model.named_parameters()), f'{folder}/{rank}.pth')
    os._exit(0)  # taking a gloo group down can hang


def test_two_processes(student_config, tmp_path):
    torch.multiprocessing.spawn(in_one_of_two_processes, (student_config, str(tmp_path)), nprocs=2)
    first, second = (torch.load(tmp_path / f'{rank}.pth') for rank in (0, 1))
    assert first.keys() == second.keys() and not any('teacher' in name for name in first)
    assert all(torch.equal(first[name], second[name]) for name in first)
