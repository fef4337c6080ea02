"""A loss that is not finite ends the training at once, with a sentence and no checkpoint."""

import math
from pathlib import Path

import pytest
import torch
from mmdet.structures import DetDataSample
from mmengine.model import BaseModel
from mmengine.runner import Runner
from mmpretrain.structures import DataSample

from ic_backbones.errors import InputError
from ic_backbones.hooks import StopOnNonFiniteLossHook
from ic_backbones.hooks.stop_on_non_finite_loss import image_files


class Slope(BaseModel):
    """loss = loss_a + loss_b with loss_a = mean(w x); w starts at 1."""

    def __init__(self, root=False):
        super().__init__()
        self.w = torch.nn.Parameter(torch.ones(1))
        self.root = root

    def forward(self, inputs, data_samples=None, mode='tensor'):
        x = torch.stack([torch.as_tensor(value) for value in inputs])
        # At x = 0 the root is finite, its gradient is not.
        product = (self.w * x).abs().sqrt() if self.root else self.w * x
        return dict(loss_a=product.mean(), loss_b=0 * self.w.sum() + 0.5, acc=torch.tensor(7.0))


def train(work_dir: Path, values: list[float], root=False, **optim_wrapper) -> Runner:
    """Train on batches of two, in order, with a checkpoint after every iteration."""
    samples = [
        dict(inputs=value, data_samples=DetDataSample(metainfo=dict(img_path=f'img/{i}.jpg')))
        for i, value in enumerate(values)
    ]
    runner = Runner(
        model=Slope(root),
        work_dir=str(work_dir),
        train_dataloader=dict(
            dataset=samples,
            sampler=dict(type='DefaultSampler', shuffle=False),
            batch_size=2,
            collate_fn=dict(type='pseudo_collate'),
        ),
        train_cfg=dict(by_epoch=True, max_epochs=1),
        optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.1), **optim_wrapper),
        default_hooks=dict(checkpoint=dict(type='CheckpointHook', by_epoch=False, interval=1)),
        custom_hooks=[dict(type='ic_backbones.StopOnNonFiniteLossHook')],
        experiment_name=str(work_dir),
        log_level='WARNING',
    )
    runner.train()
    return runner


def test_finite_losses_pass(tmp_path):
    train(tmp_path, [1.0, 2.0, 3.0, 4.0])
    assert sorted(path.name for path in tmp_path.glob('*.pth')) == ['iter_1.pth', 'iter_2.pth']


@pytest.mark.parametrize('bad', [math.nan, math.inf])
@pytest.mark.parametrize('accumulate', [1, 4])
def test_stops_at_the_iteration(tmp_path, bad, accumulate):
    with pytest.raises(InputError) as caught:
        train(tmp_path, [1.0, 1.0, 1.0, bad, 1.0, 1.0], accumulative_counts=accumulate)
    message = str(caught.value)
    assert 'iteration 2:' in message
    # loss_a's mean over accumulate micro-batches is taken by the optimizer, not by the log
    assert f'loss_a {bad}' in message and 'loss_b 0.5' in message and 'acc' not in message
    assert 'img/2.jpg, img/3.jpg' in message and 'img/1.jpg' not in message
    assert 'tools/check_dataset.py' in message and 'fp16' in message
    assert str(tmp_path / 'iter_1.pth') in message
    assert '\n' not in message
    assert [path.name for path in tmp_path.glob('*.pth')] == ['iter_1.pth']
    saved = torch.load(tmp_path / 'iter_1.pth', weights_only=False)['state_dict']
    assert torch.isfinite(saved['w']).all()


def test_no_checkpoint_with_broken_parameters(tmp_path):
    with pytest.raises(InputError, match=r'iteration 1: the model is not finite \(w\);'):
        train(tmp_path, [0.0, 0.0, 1.0, 1.0], root=True)
    assert not list(tmp_path.glob('*.pth'))


def test_nothing_saved_yet(tmp_path):
    with pytest.raises(InputError, match='there is no checkpoint$'):
        train(tmp_path, [math.nan, 1.0])


def test_names_at_most_max_files(tmp_path):
    class FakeRunner:
        iter = 4
        work_dir = str(tmp_path)

    batch = dict(data_samples=[DataSample(metainfo=dict(img_path=f'{i}.png')) for i in range(5)])
    with pytest.raises(InputError, match=r'iteration 5: .* images: 0\.png, 1\.png and 3 more\)'):
        StopOnNonFiniteLossHook(max_files=2).after_train_iter(
            FakeRunner(), 0, batch, dict(loss=torch.tensor(math.nan))
        )


def test_image_files_of_every_kind_of_batch():
    det = DetDataSample(metainfo=dict(img_path='a.jpg'))
    cls = DataSample(metainfo=dict(img_path='b.jpg'))
    unnamed = DataSample(metainfo=dict(img_shape=(4, 4)))
    image = torch.zeros(3, 4, 4)
    assert list(image_files(dict(inputs=[image], data_samples=[det]))) == ['a.jpg']
    assert list(image_files(dict(inputs=image[None], data_samples=[cls, unnamed]))) == ['b.jpg']
    # two branches, as in semi-supervised detection, and a plain tuple
    assert list(image_files(dict(inputs={}, data_samples=dict(sup=[det], unsup=[cls])))) == [
        'a.jpg',
        'b.jpg',
    ]
    assert list(image_files((image[None], torch.tensor([1])))) == []
