"""SC-ResNet: what it composes, a plain ResNet's weights."""

import pytest
import torch
from helpers import randomise_norms
from mmpretrain.models.backbones import ResNet

from ic_backbones.backbones import SCResNet
from ic_backbones.ops import SCLayer


@pytest.mark.parametrize('depth, convs', [(18, 8), (50, 9)])
def test_it_composes_the_3x3_of_late_stages(depth, convs):
    net = SCResNet(depth, out_indices=(0, 1, 2, 3))
    composed = {n: m for n, m in net.named_modules() if isinstance(m, SCLayer)}
    assert len(composed) == convs
    assert {name.split('.')[0] for name in composed} == {'layer3', 'layer4'}
    plain = ResNet(depth, out_indices=(0, 1, 2, 3))
    x = torch.randn(1, 3, 65, 97)
    assert [f.shape for f in net(x)] == [f.shape for f in plain(x)]
    assert not any('bias' in name for name in dict(net.named_parameters()) if 'conv2' in name)


@pytest.mark.parametrize('norm', [dict(type='BN'), dict(type='GN', num_groups=4)])
def test_norms_of_composed_layers_are_not_taken(norm, tmp_path):
    narrow = dict(depth=18, stem_channels=8, base_channels=8, norm_cfg=norm)
    plain = ResNet(**narrow)
    for block in plain.layer4:
        torch.nn.init.constant_(block.norm2.weight, 7)
    torch.save(plain.state_dict(), tmp_path / 'resnet.pth')
    init = dict(type='Pretrained', checkpoint=str(tmp_path / 'resnet.pth'))
    net = SCResNet(**narrow, init_cfg=init)
    net.init_weights()
    assert all((block.norm2.weight == 1).all() for block in net.layer4)


def test_it_takes_a_plain_resnets_weights(tmp_path):
    torch.manual_seed(0)
    plain = randomise_norms(ResNet(18, out_indices=(1,)))
    torch.save(plain.state_dict(), tmp_path / 'resnet.pth')
    init = dict(type='Pretrained', checkpoint=str(tmp_path / 'resnet.pth'))
    net = SCResNet(18, out_indices=(1, 2), init_cfg=init)
    net.init_weights()
    x = torch.randn(1, 3, 64, 64)
    plain.eval()  # returns None
    assert torch.equal(net.eval()(x)[0], plain(x)[0])


@pytest.mark.parametrize('stages', [(), (2,), (-1,), (1, 4)])
def test_it_is_refused_without_a_stage_to_compose(stages):
    with pytest.raises(ValueError, match='composed_stages: .* must be in 0..3'):
        SCResNet(18, composed_stages=stages, out_indices=(1,))
