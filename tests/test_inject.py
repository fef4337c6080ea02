"""The injection: by a rule, in place, and never silently."""

import pytest
import torch
import torch.nn as nn
from mmcv.cnn import ConvModule
from mmcv.cnn.bricks import Conv2dAdaptivePadding
from mmcv.cnn.bricks.conv_ws import ConvWS2d

from ic_backbones.inject import convs_named, inject, to_ic_conv
from ic_backbones.ops.ic_conv import ICConv2d, ICConv2dAdaptivePadding


def small_net():
    return nn.Sequential(
        ConvModule(3, 4, 3, padding=1, norm_cfg=dict(type='BN')),
        nn.Sequential(nn.Conv2d(4, 6, 3), Conv2dAdaptivePadding(6, 4, 3, stride=2)),
    )


def test_leaves_are_converted_in_place_and_keep_their_weights():
    net = small_net().eval()
    x = torch.randn(1, 3, 8, 8)
    before, weights = net(x), [m.weight for m in net.modules() if isinstance(m, nn.Conv2d)]
    keys = list(net.state_dict())
    names = inject(net, convs_named(r'.*'), lambda conv: to_ic_conv(conv, alpha=0.0))
    assert names == ['0.conv', '1.0', '1.1']
    assert [type(net.get_submodule(n)) for n in names] == [
        ICConv2d,
        ICConv2d,
        ICConv2dAdaptivePadding,
    ]
    assert [m.weight for m in net.modules() if isinstance(m, nn.Conv2d)] == weights
    assert [k for k in net.state_dict() if not k.endswith('w_prime')] == keys
    assert torch.equal(net(x), before)


def test_the_rule_chooses():
    net = small_net()
    assert inject(net, convs_named(r'1\..*'), to_ic_conv) == ['1.0', '1.1']
    assert type(net[0].conv) is nn.Conv2d


def test_blocks_are_replaced_whole():
    net = small_net()
    replaced = inject(
        net, lambda name, m: isinstance(m, nn.Sequential), lambda block: nn.Identity()
    )
    assert replaced == ['1'] and isinstance(net[1], nn.Identity)


def test_a_rule_that_matches_nothing_names_the_convolutions():
    with pytest.raises(
        ValueError, match='Sequential: the rule matches no submodule; .*0.conv, 1.0, 1.1'
    ):
        inject(small_net(), convs_named('layer.*'), to_ic_conv)


def test_a_shared_convolution_stays_shared():
    conv = nn.Conv2d(4, 4, 3)
    net = nn.Sequential(conv, conv, nn.Sequential(conv))
    assert inject(net, convs_named('.*'), to_ic_conv) == ['0', '1', '2.0']
    assert type(net[0]) is ICConv2d and net[0] is net[1] is net[2][0]


def test_a_bare_convolution_has_no_place_to_convert():
    with pytest.raises(ValueError, match='its convolutions are none: give the module that holds'):
        inject(nn.Conv2d(4, 4, 3), convs_named('.*'), to_ic_conv)


@pytest.mark.parametrize('learns', [True, False])
def test_an_ic_layer_learns_where_its_convolution_did(learns):
    conv = nn.Conv2d(4, 4, 3).requires_grad_(learns)
    layer = to_ic_conv(conv, alpha=0.0, alpha_mode='learned', inner_bias=True)
    assert {p.requires_grad for p in layer.parameters()} == {learns}


HOOKS = [
    'forward_hook',
    'forward_pre_hook',
    'full_backward_hook',
    'full_backward_pre_hook',
    'state_dict_pre_hook',
    'load_state_dict_post_hook',
]


def hooked_conv(kind):
    conv = nn.Conv2d(4, 4, 3)
    getattr(conv, f'register_{kind}')(lambda *_: None)
    return conv


def doubled_conv():
    conv = nn.Conv2d(4, 4, 3)
    forward = conv.forward
    conv.forward = lambda x: 2 * forward(x)
    return conv


@pytest.mark.parametrize(
    'conv',
    [
        *map(hooked_conv, HOOKS),
        doubled_conv(),
        ConvWS2d(4, 4, 3),
        nn.ConvTranspose2d(4, 4, 3),
        nn.Conv1d(4, 4, 3),
        nn.Conv3d(4, 4, 3),
        nn.utils.parametrizations.spectral_norm(nn.Conv2d(4, 4, 3)),
    ],
    ids=lambda conv: type(conv).__name__,
)
def test_convolutions_with_a_forward_of_their_own_are_refused_by_name(conv):
    net = nn.Sequential(nn.Sequential(conv))
    sentence = rf'Sequential\.0\.0: .*{type(conv).__name__} cannot become an IC layer'
    with pytest.raises(ValueError, match=sentence):
        inject(net, convs_named('.*'), to_ic_conv)
