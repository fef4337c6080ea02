"""SfNet: VGG with structure composing layers in its late scales.

Source: Chen, "Structure Composing Layer: A New Type of Layer to Deep and Speed up Convolutional
Neural Networks" (preprint, 30 January 2019), section 3.2 and the listing. The paper's network has
depth 16 and composed scales 4 and 5; the first layer of such a scale is mixed, the others are not.
"""

import torch
import torch.utils.checkpoint as cp
from mmcv.cnn import ConvModule
from mmpretrain.models.backbones import VGG
from torch import Tensor, nn

from ..ops.memory_format import in_format_of
from ..ops.structure_composing import MixedSCLayer, SCLayer
from ..registry import MODELS
from .by_name import LoadsByName
from .deployable import Deployable
from .stages import INIT_CFG, checked_stages, depth_by_stage

torch.fx.wrap('in_format_of')


@MODELS.register_module()
class SfNet(Deployable, LoadsByName, VGG):
    """mmpretrain's VGG with BN whose late scales are structure composing layers.

    Input (N, 3, H, W); output a tuple of (N, out_channels[i], H / out_strides[i],
    W / out_strides[i]), rounded down, after the pool at the end of each scale. The scales that stay
    convolutions load a VGG-BN checkpoint of mmpretrain by name; the others start at random.

    Args:
        depth: The depth of the VGG: 11, 13, 16 (the paper's and the default) or 19.
        composed_scales: The scales, from 1, whose convolutions become composing layers; without any
            the network is VGG.
        smear_channels: The number of channels of the plain convolution in the first layer of a
            composed scale.
        kernel_size: The kernel size of the composing layers' pools.
        last_stride: The stride of the last layer of a composed scale; 2 replaces the scale's pool.
        base_channels: The number of channels of the first scale; 64 in the paper.
        out_indices: The scales to return, from 0; scales after the last one are not built.
        frozen_stages: The number of scales that do not learn; -1 (the default) is none.
        norm_eval: Whether BN uses its running statistics in training.
        with_cp: Whether to recompute each scale in the backward pass, which saves memory.
        ceil_mode: Whether the pools round the size up.
        norm_cfg: The norm's config; BN by default.
        deploy: Whether the network has the form that ``switch_to_deploy`` gives it, for inference
            with a checkpoint saved in that form.
        init_cfg: The initialisation config of mmengine's ``BaseModule``; by default Kaiming's for
            convolutions.

    Attributes:
        out_channels: The number of channels of each output.
        out_strides: The stride of each output against the input.

    Raises:
        ValueError: VGG does not have the depth or scale, or there are too many smear channels.
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
        deploy: bool = False,
        init_cfg: dict | list | None = None,
    ) -> None:
        if depth not in self.arch_settings:
            raise ValueError(
                f'depth: {depth} does not exist; take one of {list(self.arch_settings)}'
            )
        out_indices, built = checked_stages(out_indices, 5, frozen_stages)
        if not set(composed_scales) <= set(range(1, 6)):
            raise ValueError(
                f'composed_scales: {tuple(composed_scales)} are not all in 1..5; correct them'
            )
        if last_stride not in (1, 2):
            raise ValueError(f'last_stride: {last_stride} is neither 1 nor 2; take one of them')
        # VGG's own __init__ has fixed channels; only its names and parts of its forward are kept.
        super(VGG, self).__init__(init_cfg or INIT_CFG)
        self.out_indices, self.frozen_stages = out_indices, frozen_stages
        self.norm_eval, self.with_cp = norm_eval, with_cp
        self.module_name = 'features'
        channels = [3] + [base_channels * min(2**scale, 8) for scale in range(built)]
        layers: list[nn.Module] = []
        self.range_sub_modules: list[tuple[int, int]] = []
        for scale, convs in enumerate(self.arch_settings[depth][:built]):
            first = len(layers)
            for index in range(convs):  # without a bias, because BN follows
                width = channels[scale] if index == 0 else channels[scale + 1]
                norm = norm_cfg or dict(type='BN')
                layers.append(ConvModule(width, channels[scale + 1], 3, padding=1, norm_cfg=norm))
            layers.append(nn.MaxPool2d(2, 2, ceil_mode=ceil_mode))
            self.range_sub_modules.append((first, len(layers)))
        self.features = nn.Sequential(*layers)
        self._composed: list[str] = []
        for scale in composed_scales:
            if scale <= built:
                self._compose(scale - 1, smear_channels, kernel_size, last_stride)
        self._freeze_stages()
        self.out_channels = tuple(channels[i + 1] for i in out_indices)
        self.out_strides = tuple(2 ** (i + 1) for i in out_indices)
        if deploy:
            self.switch_to_deploy()

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
            self._composed.append(f'features.{index}')
        if last_stride == 2:
            self.features[end - 1] = nn.Identity()

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        image, outputs = x, []
        for scale, (first, end) in enumerate(self.range_sub_modules):
            layers = self.features[first:end]
            if self.with_cp and torch.is_grad_enabled():
                x = cp.checkpoint(_run_scale, layers, x, use_reentrant=False)
            else:
                x = _run_scale(layers, x)
            if scale in self.out_indices:
                outputs.append(x)
        return in_format_of(image, outputs)

    def get_layer_depth(self, param_name: str, prefix: str = '') -> tuple[int, int]:
        """A parameter's depth and the number of depths, for mmpretrain's layer-wise rates."""
        return depth_by_stage(param_name, prefix, len(self.range_sub_modules), self._scale_of)

    def _scale_of(self, name: str) -> int:
        index = int(name.split('.')[1])
        return sum(end <= index for _, end in self.range_sub_modules)

    def adapt_state(self, state: dict[str, Tensor]) -> dict[str, Tensor]:
        """Fit a VGG's checkpoint to the layers here.

        A bias before BN, which VGG has, goes into the running mean. A plain layer that is composed
        here is left out, and so are its statistics.
        """
        composed = [name for name in self._composed if f'{name}.conv.weight' in state]
        dropped = tuple(f'{name}.' for name in composed)
        state = {name: value for name, value in state.items() if not name.startswith(dropped)}
        own = self.state_dict().keys()  # with biases, if its norms have been folded
        for name in [name for name in state if name.endswith('.conv.bias') and name not in own]:
            bias, mean = state.pop(name), name.replace('.conv.bias', '.bn.running_mean')
            if mean in state:
                state[mean] = state[mean] - bias
        return state

    def new_tensors(self) -> set[str]:
        composed = tuple(f'{name}.' for name in self._composed)
        return {name for name in self.state_dict() if name.startswith(composed)}


def _run_scale(layers: nn.Sequential, x: Tensor) -> Tensor:
    """Run a scale with its pool before its last ReLU: the two commute, and less is rectified."""
    *convs, last, pool = layers
    for conv in convs:
        x = conv(x)
    return last.activate(pool(last(x, activate=False)))
