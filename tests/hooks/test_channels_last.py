"""ChannelsLastHook lays out the weights, and does not change what is trained."""

import torch
from mmengine.model import BaseModel
from mmengine.runner import Runner
from torch import nn

import ic_backbones.hooks  # noqa: F401
from ic_backbones.ops import ICConv2d


class Net(BaseModel):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.net = nn.Sequential(
            nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), ICConv2d(8, 8, 3), nn.Flatten()
        ).double()

    def forward(self, inputs, data_samples=None, mode='tensor'):
        self.map = self.net[:3](torch.stack(inputs))
        return dict(loss=self.map.square().mean())


def train(work_dir, hooks, model=None):
    images = torch.randn(8, 3, 9, 9, dtype=torch.float64, generator=torch.manual_seed(1))
    runner = Runner(
        model=model or Net(),
        work_dir=str(work_dir),
        train_dataloader=dict(
            batch_size=2,
            dataset=[dict(inputs=image) for image in images],
            sampler=dict(type='DefaultSampler', shuffle=False),
        ),
        optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.1, momentum=0.9)),
        train_cfg=dict(by_epoch=True, max_epochs=1),
        custom_hooks=hooks,
        experiment_name=work_dir.name,
    )
    return runner.train()


def test_the_format_changes_and_the_training_does_not(tmp_path):
    plain = train(tmp_path / 'plain', [])
    last = train(tmp_path / 'last', [dict(type='ic_backbones.ChannelsLastHook')])
    assert last.map.is_contiguous(memory_format=torch.channels_last)
    assert not plain.map.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(last.state_dict(), plain.state_dict())


def test_a_part_that_the_start_of_the_weights_brings(tmp_path):
    """Such as the teacher of a distillation, which is read when the weights are initialised."""

    class Student(Net):
        def init_weights(self):
            super().init_weights()
            self.teacher = nn.Conv2d(3, 8, 3).double()

    last = train(tmp_path, [dict(type='ic_backbones.ChannelsLastHook')], Student())
    assert last.teacher.weight.is_contiguous(memory_format=torch.channels_last)
