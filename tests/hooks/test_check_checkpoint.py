"""A checkpoint that fits less than half of the model is refused instead of ignored."""

from collections import OrderedDict
from types import SimpleNamespace

import pytest
import torch
from mmengine.config import Config
from mmengine.model import BaseModel, BaseTTAModel
from mmengine.runner import Runner
from torch import nn

from ic_backbones.errors import InputError
from ic_backbones.hooks import CheckCheckpointHook


class Net(BaseModel):
    """Six tensors: backbone 2 x (weight, bias), head weight and bias."""

    def __init__(self):
        super().__init__()
        self.backbone = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 4))
        self.head = nn.Linear(4, 5)

    def forward(self, inputs, data_samples=None, mode='tensor'):
        return self.head(self.backbone(inputs))


class NetTTA(BaseTTAModel):
    def merge_preds(self, data_samples_list):
        return data_samples_list


def load(tmp_path, state, model=None):
    path = tmp_path / 'checkpoint.pth'
    torch.save(state, path)
    runner = Runner(
        model=model or Net(),
        work_dir=str(tmp_path),
        custom_hooks=[dict(type='ic_backbones.CheckCheckpointHook')],
        load_from=str(path),
        experiment_name=str(tmp_path),
        log_level='ERROR',
    )
    runner.load_or_resume()
    return runner.model


@pytest.mark.parametrize('wrap', [lambda s: s, lambda s: dict(state_dict=s, meta={})])
@pytest.mark.parametrize('prefix', ['', 'module.'])
def test_own_checkpoint_loads(tmp_path, wrap, prefix):
    saved = Net().state_dict()
    model = load(tmp_path, wrap(OrderedDict((prefix + k, v) for k, v in saved.items())))
    assert all(torch.equal(value, saved[name]) for name, value in model.state_dict().items())


def test_other_head_loads(tmp_path):
    """Four of six tensors match: fine-tuning with other classes remains possible."""
    saved = Net().state_dict()
    saved['head.weight'], saved['head.bias'] = torch.zeros(9, 4), torch.zeros(9)
    model = load(tmp_path, saved)
    assert torch.equal(model.backbone[0].weight, saved['backbone.0.weight'])


def test_backbone_checkpoint_is_refused_with_the_place_for_it(tmp_path):
    with pytest.raises(
        InputError, match="holds the model's backbone alone.*model.backbone.init_cfg"
    ):
        load(tmp_path, dict(state_dict=Net().backbone.state_dict()))


def test_checkpoint_of_another_network_is_refused_with_counts_and_names(tmp_path):
    with pytest.raises(InputError) as caught:
        load(tmp_path, nn.Sequential(nn.Conv2d(1, 1, 1)).state_dict())
    message = str(caught.value)
    assert '0 of 6' in message and 'backbone.0.weight' in message and '0.bias' in message
    assert '\n' not in message


def test_detector_checkpoint_in_a_longer_name_tells_the_prefix(tmp_path):
    saved = {f'student.{name}': value for name, value in Net().state_dict().items()}
    with pytest.raises(InputError, match="likely prefix, 'student.'"):
        load(tmp_path, saved)


def test_weights_reach_a_model_wrapped_for_test_time_augmentation(tmp_path):
    saved = Net().state_dict()
    model = load(tmp_path, saved, NetTTA(Net()))
    assert torch.equal(model.module.head.weight, saved['head.weight'])


def test_a_test_needs_all_tensors():
    saved = Net().state_dict()
    saved['head.bias'] = torch.zeros(9)
    hook = CheckCheckpointHook()
    data = SimpleNamespace(dataset=SimpleNamespace(metainfo={}))
    runner = SimpleNamespace(model=Net(), cfg=Config(dict(load_from='c.pth')), test_dataloader=data)
    hook.after_load_checkpoint(runner, dict(state_dict=saved))
    with pytest.raises(InputError, match=r'c\.pth: 5 tensors match and 1 do not \(head\.bias\)'):
        hook.before_test(runner)
    hook.after_load_checkpoint(runner, dict(state_dict=Net().state_dict()))
    hook.before_test(runner)
