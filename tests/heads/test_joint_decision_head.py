"""The joint decision against eq. 2 to 4 written out, and as a head of mmpretrain."""

import math

import pytest
import torch
from mmpretrain.registry import MODELS
from mmpretrain.structures import DataSample

from ic_backbones.heads import JointDecisionHead


def maps():
    torch.manual_seed(0)
    return tuple(torch.randn(2, c, s, s + 1, dtype=torch.float64) for c, s in ((3, 5), (4, 2)))


def test_is_equations_2_to_4():
    torch.manual_seed(1)
    head = JointDecisionHead(5, (3, 4), attention_channels=2).double()
    feats = maps()
    rows = []
    for image in range(2):
        joined = []
        for feat, attention in zip(feats, head.attention, strict=True):
            channels, height, width = feat.shape[1:]
            z = [
                sum(feat[image, c, i, j].item() for i in range(height) for j in range(width))
                / (height * width)
                for c in range(channels)
            ]
            w1, w2 = attention[0].weight.tolist(), attention[1].weight[0].tolist()
            inner = [sum(w * v for w, v in zip(row, z, strict=True)) for row in w1]
            score = sum(w * v for w, v in zip(w2, inner, strict=True))
            alpha = 1 / (1 + math.exp(-score))
            joined += [alpha * v for v in z]
        rows.append(
            [
                sum(w * v for w, v in zip(row, joined, strict=True)) + bias
                for row, bias in zip(head.fc.weight.tolist(), head.fc.bias.tolist(), strict=True)
            ]
        )
    expected = torch.tensor(rows, dtype=torch.float64)
    torch.testing.assert_close(head(feats), expected, rtol=0, atol=1e-10)


def test_maps_are_averaged_after_a_norm_and_an_activation():
    torch.manual_seed(1)
    head = JointDecisionHead(5, (3, 4), map_norm_cfg=dict(type='BN')).double()
    feats = tuple(feature * 4 + 1 for feature in maps())
    normed = []
    for feature in feats:
        mean, var = feature.mean((0, 2, 3), True), feature.var((0, 2, 3), False, True)
        normed.append(((feature - mean) / (var + 1e-5).sqrt()).clamp(0, 6))
    found = head(feats)
    del head.norms[:]
    torch.testing.assert_close(found, head(tuple(normed)), rtol=0, atol=1e-10)
    without = JointDecisionHead(5, (3, 4))
    assert without.state_dict().keys() == head.state_dict().keys()


def test_hidden_channels_as_a_ratio_and_a_hidden_layer():
    head = JointDecisionHead(5, (16, 32), attention_channels=0.25, mid_channels=7)
    assert [attention[0].out_features for attention in head.attention] == [4, 8]
    assert head.fc.in_features == 7
    feats = torch.randn(2, 16, 4, 4), torch.randn(2, 32, 2, 2)
    assert head(feats).shape == (2, 5)
    assert (head.pre_logits(feats) >= 0).all()


def test_joins_any_backbone_and_learns():
    torch.manual_seed(0)
    model = MODELS.build(
        dict(
            type='ImageClassifier',
            backbone=dict(
                type='mmpretrain.ResNet', depth=18, base_channels=4, out_indices=(0, 1, 2, 3)
            ),
            head=dict(
                type='ic_backbones.JointDecisionHead',
                num_classes=3,
                in_channels=(4, 8, 16, 32),
                attention_channels=4,
                topk=(1, 2),
                cal_acc=True,
            ),
        )
    )
    samples = [DataSample().set_gt_label(label) for label in (0, 2)]
    losses = model(torch.randn(2, 3, 32, 32), samples, mode='loss')
    assert set(losses) == {'loss', 'accuracy_top-1', 'accuracy_top-2'}
    losses['loss'].backward()
    assert all(p.grad.abs().sum() > 0 for p in model.head.parameters())
    predicted = model.eval()(torch.randn(2, 3, 32, 32), samples, mode='predict')
    assert predicted[0].pred_score.sum().item() == pytest.approx(1)


@pytest.mark.parametrize('wrong', [0, -1])
def test_attention_without_channels_is_refused(wrong):
    with pytest.raises(ValueError, match=f'attention_channels: {wrong} is not above 0'):
        JointDecisionHead(5, (3, 4), attention_channels=wrong)


def test_maps_of_other_channels_are_refused():
    with pytest.raises(ValueError, match=r'in_channels=\(3, 5\) and gets .*\(2, 4, 2, 3\)'):
        JointDecisionHead(5, (3, 5))(maps())
    with pytest.raises(ValueError, match='and no neck'):
        JointDecisionHead(5, (3, 4))(tuple(feature.mean((2, 3)) for feature in maps()))
