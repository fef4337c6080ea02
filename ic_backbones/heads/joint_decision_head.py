"""A classifier that looks at several feature maps and weighs them.

Source: Yao et al., "Super Interaction Neural Networks" (https://arxiv.org/abs/1905.12349), section
3.3.
"""

from collections.abc import Sequence

import torch
from mmcv.cnn import build_activation_layer, build_norm_layer
from mmpretrain.models.heads import ClsHead
from torch import Tensor, nn

from ..registry import MODELS


@MODELS.register_module()
class JointDecisionHead(ClsHead):
    """Attention-based hierarchical joint decision, eq. 2 to 4.

    Each map's global average ``Z_k`` is weighted by ``sigmoid(W2 . W1 . Z_k)``, a scalar; the
    logits come from the concatenation of all. The head follows a backbone with as many
    ``out_indices``, without a neck. Loss and metrics are those of mmpretrain's ``ClsHead``.

    Input a tuple of (N, in_channels[k], H_k, W_k); output (N, num_classes).

    Args:
        num_classes: The number of classes.
        in_channels: ``C_k``, the number of channels of each map.
        attention_channels: ``d``, the number of hidden channels of the attention, or, below 1,
            their ratio to ``C_k``.
        mid_channels: The number of channels of a hidden layer before the logits; by default
            the logits follow directly.
        act_cfg: The config of the activation after the hidden layer; ReLU6 by default.
        map_norm_cfg: The config of a norm that each map passes, with the activation after it,
            before its average; by default the maps are averaged as they come. It is for maps
            after a norm without an activation, whose averages are close to 0: SINet's.
        kwargs: ``loss``, ``topk``, ``cal_acc`` and ``init_cfg`` of ``ClsHead``.

    Raises:
        ValueError: The maps do not have ``in_channels`` channels, or ``attention_channels`` is not
            positive.
    """

    def __init__(
        self,
        num_classes: int,
        in_channels: Sequence[int],
        attention_channels: float = 64,
        mid_channels: int | None = None,
        act_cfg: dict | None = None,
        map_norm_cfg: dict | None = None,
        **kwargs,
    ) -> None:
        super().__init__(**kwargs)
        self.num_classes, self.in_channels = num_classes, tuple(in_channels)
        self.attention = nn.ModuleList(
            _Attention(channels, attention_channels) for channels in in_channels
        )
        act_cfg = act_cfg or dict(type='ReLU6')
        self.norms = nn.ModuleList(
            nn.Sequential(
                build_norm_layer(map_norm_cfg, channels)[1], build_activation_layer(act_cfg)
            )
            for channels in (in_channels if map_norm_cfg else ())
        )
        last = sum(in_channels)
        self.hidden = nn.Identity()
        if mid_channels is not None:
            act = build_activation_layer(act_cfg)
            self.hidden = nn.Sequential(nn.Linear(last, mid_channels), act)
            last = mid_channels
        self.fc = nn.Linear(last, num_classes)

    def pre_logits(self, feats: tuple[Tensor, ...]) -> Tensor:
        found = tuple(feature.shape[1] for feature in feats)
        if found != self.in_channels or any(feature.ndim != 4 for feature in feats):
            raise ValueError(
                f'JointDecisionHead: has in_channels={self.in_channels} and gets maps of '
                f'{[tuple(feature.shape) for feature in feats]}; give it the channels of the '
                "backbone's out_indices, and no neck"
            )
        if self.norms:
            feats = [norm(feature) for norm, feature in zip(self.norms, feats, strict=True)]
        means = [feature.mean((2, 3)) for feature in feats]
        weighted = [attend(z) * z for attend, z in zip(self.attention, means, strict=True)]
        return self.hidden(torch.cat(weighted, dim=1))

    def forward(self, feats: tuple[Tensor, ...]) -> Tensor:
        return self.fc(self.pre_logits(feats))


class _Attention(nn.Sequential):
    """``alpha_k`` of (N, 1) from ``Z_k`` of (N, channels), eq. 3."""

    def __init__(self, channels: int, hidden: float) -> None:
        if hidden <= 0:
            raise ValueError(
                f'attention_channels: {hidden} is not above 0; give a number or a ratio'
            )
        hidden = max(1, round(channels * hidden)) if hidden < 1 else int(hidden)
        super().__init__(
            nn.Linear(channels, hidden, bias=False), nn.Linear(hidden, 1, bias=False), nn.Sigmoid()
        )
