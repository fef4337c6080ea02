"""tools/alpha.py prints the alphas of a checkpoint."""

import pytest
import torch

from ic_backbones.backbones import ICResNet
from ic_backbones.errors import InputError
from ic_backbones.ops import ic_layers


def save(path, **options):
    net = ICResNet(18, base_channels=8, stem_channels=8, **options)
    for index, layer in enumerate(ic_layers(net).values()):
        if isinstance(layer.alpha, torch.Tensor):
            layer.alpha.data.fill_(index / 100)
    torch.save(dict(state_dict={f'backbone.{k}': v for k, v in net.state_dict().items()}), path)


@pytest.mark.parametrize('mode', ['learned', 'scheduled'])
def test_table(tool, tmp_path, capsys, mode):
    save(tmp_path / 'net.pth', alpha=0.0, alpha_mode=mode)
    tool('alpha').main([str(tmp_path / 'net.pth')])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 17
    assert lines[1].split() == ['backbone.layer1.0.conv2', '+0.0100']
    assert lines[-1].split() == ['mean', '+0.0750']


def test_no_alpha_is_a_sentence(tool, tmp_path):
    save(tmp_path / 'net.pth')
    with pytest.raises(InputError, match='net.pth: holds no alpha'):
        tool('alpha').main([str(tmp_path / 'net.pth')])
