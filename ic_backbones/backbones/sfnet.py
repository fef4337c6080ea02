"""SfNet: VGG with structure composing layers in its late scales.

Source: Chen, "Structure Composing Layer", section 3.2 and the listing. The paper's network is
depth 16 with scales 4 and 5 composed: the first layer of a scale is mixed, the others are not.
"""

import torch
import torch.utils.checkpoint as cp
from mmcv.cnn import ConvModule
from mmpretrain.models.backbones import VGG
from torch import Tensor, nn

from ..checkpoint import Match
from ..ops.structure_composing import MixedSCLayer, SCLayer
from ..registry import MODELS
from .by_name import LoadsByName
from .stages import checked_stages

_INIT = [
    dict(type='Kaiming', layer='Conv2d'),
    dict(type='Constant', val=1.0, layer='_BatchNorm'),
]


@MODELS.register_module()
class SfNet(LoadsByName, VGG):
    """mmpretrain's VGG with BN whose late scales are structure composing layers.

    Input (N, 3, H, W); output a tuple of (N, out_channels[i], H / out_strides[i],
    W / out_strides[i]), rounded down, after the pool at the end of each scale. The scales that stay
    convolutions load a VGG-BN checkpoint of mmpretrain by name; the others start anew.

    Args:
        depth: 11, 13, 16 or 19, as VGG; 16 is the paper's.
        composed_scales: Scales, from 1, whose convolutions become composing layers; none is VGG.
        smear_channels: Channels of the plain convolution in the first layer of such a scale.
        kernel_size: Of the composing layers' pools.
        last_stride: Of the last layer of a composed scale; 2 takes the place of the scale's pool.
        base_channels: Channels of the first scale; 64 in the paper.
        out_indices: Scales to return, from 0; scales past the last one are not built.
        frozen_stages, norm_eval, ceil_mode, norm_cfg, init_cfg: As in mmpretrain's VGG.
        with_cp: Recompute each scale in the backward pass, which saves memory.

    Attributes:
        out_channels: Channels of each output.
        out_strides: Stride of each output against the input.

    Raises:
        ValueError: A depth or scale that VGG does not have, or too many smear channels.
    """

    def __init__(
        self,
        depth: int = 16,
        composed_scales: tuple[int, ...] = (4, 5),
        smear_channels: int = 16,
        kernel_size: int = 3,
        last_stride: int = 1,
        *,
        base_channels: int = 64,
        out_indices: tuple[int, ...] = (4,),
        frozen_stages: int = -1,
        norm_eval: bool = False,
        with_cp: bool = False,
        ceil_mode: bool = False,
        norm_cfg: dict | None = None,
        init_cfg: dict | list | None = None,
    ) -> None:
        if depth not in self.arch_settings:
            raise ValueError(f'depth {depth} is none of {", ".join(map(str, self.arch_settings))}')
        out_indices, built = checked_stages(out_indices, 5, frozen_stages)
        if not set(composed_scales) <= set(range(1, 6)):
            raise ValueError(f'composed_scales {tuple(composed_scales)} are not all in 1..5')
        if last_stride not in (1, 2):
            raise ValueError(f'last_stride {last_stride} is neither 1 nor 2')
        # Not VGG's own __init__, whose channels are fixed; its forward parts and names are kept.
        super(VGG, self).__init__(init_cfg or _INIT)
        self.out_indices, self.frozen_stages = out_indices, frozen_stages
        self.norm_eval, self.with_cp = norm_eval, with_cp
        self.module_name = 'features'
        channels = [3] + [base_channels * min(2**scale, 8) for scale in range(built)]
        layers: list[nn.Module] = []
        self.range_sub_modules: list[tuple[int, int]] = []
        for scale, convs in enumerate(self.arch_settings[depth][:built]):
            first = len(layers)
            for index in range(convs):  # no bias, BN follows
                width = channels[scale] if index == 0 else channels[scale + 1]
                norm = norm_cfg or dict(type='BN')
                layers.append(ConvModule(width, channels[scale + 1], 3, padding=1, norm_cfg=norm))
            layers.append(nn.MaxPool2d(2, 2, ceil_mode=ceil_mode))
            self.range_sub_modules.append((first, len(layers)))
        self.features = nn.Sequential(*layers)
        for scale in composed_scales:
            if scale <= built:
                self._compose(scale - 1, smear_channels, kernel_size, last_stride)
        self._freeze_stages()
        self.out_channels = tuple(channels[i + 1] for i in out_indices)
        self.out_strides = tuple(2 ** (i + 1) for i in out_indices)

    def _compose(self, scale: int, smear_channels: int, kernel_size: int, last_stride: int) -> None:
        """Put [mixed, composing, composing, ...] in the place of a scale's convolutions."""
        first, end = self.range_sub_modules[scale]
        last = end - 2
        for index in range(first, last + 1):
            module = self.features[index]
            channels = module.in_channels, module.out_channels
            window = dict(
                kernel_size=kernel_size, stride=last_stride if index == last else 1, bias=False
            )
            if index == first:
                layer = MixedSCLayer(*channels, smear_channels=smear_channels, **window)
            else:
                layer = SCLayer(*channels, **window)
            module.conv = layer
        if last_stride == 2:
            self.features[end - 1] = nn.Identity()

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        outputs = []
        for scale, (first, end) in enumerate(self.range_sub_modules):
            layers = self.features[first:end]
            if self.with_cp and torch.is_grad_enabled():
                x = cp.checkpoint(_run_scale, layers, x, use_reentrant=False)
            else:
                x = _run_scale(layers, x)
            if scale in self.out_indices:
                outputs.append(x)
        return tuple(outputs)

    def adapt_state(self, state: dict[str, Tensor]) -> dict[str, Tensor]:
        """A bias before BN, which VGG's checkpoints have, goes into the running mean."""
        state = dict(state)
        for name in [name for name in state if name.endswith('.conv.bias')]:
            bias, mean = state.pop(name), name.replace('.conv.bias', '.bn.running_mean')
            if mean in state:
                state[mean] = state[mean] - bias
        return state

    def after_init(self, match: Match | None) -> None:
        """VGG's statistics of a layer that is composed here say nothing: they start anew."""
        unexpected = match.unexpected if match else ()
        for name, module in self.named_modules():
            if isinstance(module, ConvModule) and f'{name}.conv.weight' in unexpected:
                module.norm.reset_parameters()


def _run_scale(layers: nn.Sequential, x: Tensor) -> Tensor:
    """A scale's layers, its pool before its last ReLU: they commute, and a quarter is rectified."""
    *convs, last, pool = layers
    for conv in convs:
        x = conv(x)
    return last.activate(pool(last(x, activate=False)))
