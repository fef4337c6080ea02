"""Any registered backbone with some of its layers exchanged for others."""

import re

import torch
from mmpretrain.models.backbones.base_backbone import BaseBackbone
from torch import Tensor, nn

from ..registry import MODELS
from ..weights.pretrained import AdaptsState
from .by_name import LoadsByName, init_by_name
from .deployable import Deployable, guard_parts
from .outputs import outputs


@MODELS.register_module()
class AdaptedBackbone(Deployable, LoadsByName, BaseBackbone):
    """A backbone of mmpretrain, mmdet, timm or this project, adapted.

    Input and output are the inner backbone's, and its arguments, freezing, ``norm_eval``,
    ``init_cfg`` and pretrained weights keep working; pretrained weights load by name, never
    silently. The state dict has the inner backbone's names, so that checkpoints of one fit the
    other. On its own this class gives a network for small images, the plain counterpart of what its
    subclasses make.

    Args:
        backbone: The config of the inner backbone, such as
            ``dict(type='mmpretrain.ResNeXt', depth=50)``.
        unstrided: A regular expression of the names of the layers whose stride becomes 1; by
            default none.
        init_cfg: Must be None: the inner backbone has the ``init_cfg``, in ``backbone``.
        deploy: Whether the network has the form that ``switch_to_deploy`` gives it, for inference
            with a checkpoint saved in that form.

    Attributes:
        out_channels: The number of channels of each output, or None if they cannot be known.
        out_strides: The stride of each output against the input, 0 if the output is not a map; or
            None.

    Raises:
        ValueError: ``unstrided`` matches no layer with a stride, or ``init_cfg`` is given here.
    """

    # An inner backbone may call view, which channels_last does not allow.
    deployed_format = torch.preserve_format

    def __init__(
        self,
        backbone: dict,
        unstrided: str | None = None,
        init_cfg: dict | None = None,
        deploy: bool = False,
    ) -> None:
        if init_cfg is not None:
            raise ValueError(
                f'{type(self).__name__}: has no init_cfg of its own; give it in backbone=dict(...)'
            )
        super().__init__()
        self.backbone = MODELS.build(backbone)
        self._register_state_dict_hook(_leave_out_prefix)
        self._register_load_state_dict_pre_hook(_put_in_prefix)
        if unstrided is not None:
            unstride(self.inner, unstrided)
        self.adapt(self.inner)
        guard_parts(self.inner)
        self.backbone.train(self.training)  # freezes what has been put in
        self.out_channels, self.out_strides = outputs(self.backbone)
        if deploy:
            self.switch_to_deploy()

    @property
    def inner(self) -> nn.Module:
        """The innermost backbone, whose names the state dict and all rules have."""
        net = self.backbone
        return net.inner if isinstance(net, AdaptedBackbone) else net

    def adapt(self, net: nn.Module) -> None:
        """Change ``net``, the innermost backbone, in place."""

    def adapt_state(self, state: dict[str, Tensor]) -> dict[str, Tensor]:
        net = self.backbone
        return net.adapt_state(state) if isinstance(net, AdaptsState) else state

    def new_tensors(self) -> set[str]:
        net = self.backbone
        return super().new_tensors() | (
            net.new_tensors() if isinstance(net, AdaptsState) else set()
        )

    def init_weights(self) -> None:
        init_by_name(self, self.inner, self.inner.init_weights)
        wrapper = self
        while isinstance(wrapper, AdaptedBackbone):
            wrapper.is_init = True
            wrapper = wrapper.backbone

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        return self.backbone(x)

    def get_layer_depth(self, param_name: str, prefix: str = '') -> tuple[int, int]:
        """A parameter's depth and the number of depths in the inner backbone.

        Raises:
            NotImplementedError: The inner backbone does not know them.
        """
        if not hasattr(self.backbone, 'get_layer_depth'):
            raise NotImplementedError(
                f'{type(self.backbone).__name__}: has no get_layer_depth, which layer-wise '
                'learning rates need; take another optimizer constructor'
            )
        if param_name.startswith(prefix + _PREFIX):
            param_name = prefix + param_name.removeprefix(prefix + _PREFIX)
        return self.backbone.get_layer_depth(param_name, prefix)


_PREFIX = 'backbone.'


def _leave_out_prefix(_, state: dict[str, Tensor], prefix: str, *__) -> None:
    for name in [name for name in state if name.startswith(prefix + _PREFIX)]:
        state[prefix + name[len(prefix + _PREFIX) :]] = state.pop(name)


def _put_in_prefix(state: dict[str, Tensor], prefix: str, *_) -> None:
    for name in [name for name in state if name.startswith(prefix)]:
        state[prefix + _PREFIX + name[len(prefix) :]] = state.pop(name)


_STRIDED = (nn.Conv2d, nn.MaxPool2d, nn.AvgPool2d)


def unstride(net: nn.Module, pattern: str) -> None:
    """Set the stride of the layers whose whole dotted name matches ``pattern`` to 1.

    Raises:
        ValueError: There is no such layer.
    """
    strided = {
        name: module
        for name, module in net.named_modules()
        if isinstance(module, _STRIDED) and module.stride not in (1, (1, 1))
    }
    found = [module for name, module in strided.items() if re.fullmatch(pattern, name)]
    if not found:
        raise ValueError(
            f'unstrided: {pattern!r} matches no layer with a stride in {type(net).__name__}; those '
            'with one are ' + ', '.join(strided)
        )
    for module in found:
        module.stride = (1, 1) if isinstance(module.stride, tuple) else 1
