"""IC block⁻: a basic block of a ResNet with one collision term.

Source: "Inter-layer Collision Networks" (https://arxiv.org/abs/1911.08252), figure 3c.
"""

import copy

import torch
import torch.nn as nn
import torch.utils.checkpoint as cp
from mmpretrain.models.backbones.resnet import BasicBlock
from torch import Tensor

from ..ops.collision import inner_response
from ..ops.fx_step import one_step
from ..ops.ic_layer import ICLayer, init_w_prime_
from ..ops.window import Window, area_of


class ICBasicBlockMinus(ICLayer, BasicBlock):
    """IC block⁻: plain convolutions, one collision term from the block's input to its end.

    With ``u2 = conv2(relu(bn1(conv1(x))))``:

        out = relu(bn2(u2) + alpha * norm_local(relu(u2 - W' . (1 (^*) x))) + shortcut(x))

    The box sum has ``conv1``'s kernel size, stride, padding and dilation. Readings: the collision
    term takes the response of the second convolution, whose output it changes; ``alpha`` stands
    outside the normalisation, which would cancel it.
    """

    own_tensors = ('w_prime', 'alpha', 'norm_local')
    scaled_to = 'conv1.weight'
    unfolded = ('conv2',)  # the collision term needs its own output

    @classmethod
    def from_block(cls, block: BasicBlock, alpha: float, alpha_mode: str) -> 'ICBasicBlockMinus':
        """The IC block⁻ around the very layers of ``block``, under their own names.

        ``norm_local`` is trained, like ``w_prime``, even if ``norm_cfg`` does not train the norms
        of the plain network.

        Args:
            block: The plain block.
            alpha: The scale of the collision term, or the value that it starts from.
            alpha_mode: See ``ICLayer.set_alpha``.
        """
        minus = cls(
            block.in_channels,
            block.out_channels,
            stride=block.stride,
            dilation=block.dilation,
            with_cp=block.with_cp,
            conv_cfg=block.conv_cfg,
            norm_cfg=block.norm_cfg,
        )
        for name, child in block.named_children():
            setattr(minus, name, child)
        minus.norm_local = copy.deepcopy(block.norm2).requires_grad_()
        shape = (block.out_channels, block.in_channels, 1, 1)
        minus.add_own_tensors(block.conv1.weight.data.new_empty(shape), alpha, alpha_mode)
        return minus.train(block.training)

    @property
    def area(self) -> int:
        return area_of(Window.of(self.conv1))

    def init_w_prime(self, generator: torch.Generator | None = None) -> None:
        """Draw ``w_prime`` again, to the scale that ``conv1`` has now, around 0 for any ``alpha``.

        ``norm_local`` keeps the term from blowing up, but would amplify an almost inactive one. Its
        weight, if it has one, starts at 0, so that the block starts as the plain one; at 1 the
        output would be 1.6 to 1.8 times as large. It does start at 1 where ``alpha`` starts at 0,
        or a hook sets it: if both were 0, neither would get a gradient.
        """
        init_w_prime_(self.w_prime, self.conv1.weight, 0.0, generator)
        if getattr(self.norm_local, 'weight', None) is not None:
            nn.init.zeros_(self.norm_local.weight)
            self._keep_off_zero()

    def set_alpha(self, alpha: float, mode: str) -> None:
        super().set_alpha(alpha, mode)
        self._keep_off_zero()

    def _keep_off_zero(self) -> None:
        if self._norm_local_is_zero() and (self.alpha_mode == 'scheduled' or self.alpha == 0):
            nn.init.ones_(self.norm_local.weight)

    def _norm_local_is_zero(self) -> bool:
        weight = getattr(self.norm_local, 'weight', None)
        return weight is not None and not weight.is_meta and not weight.any()

    @property
    def is_plain(self) -> bool:
        return super().is_plain or self._norm_local_is_zero()

    @one_step
    def forward(self, x: Tensor) -> Tensor:
        if isinstance(self.norm2, nn.Identity):
            raise RuntimeError(
                'IC block⁻: its second norm has been folded away, but its collision term needs '
                'the output before this norm; call switch_to_deploy() of the backbone instead'
            )
        alpha = self.effective_alpha()

        def branches(x: Tensor) -> Tensor:
            u2 = self.conv2(self.relu(self.norm1(self.conv1(x))))
            out = self.norm2(u2)
            if not isinstance(alpha, float) or alpha:
                local = inner_response(u2, x, self.w_prime, Window.of(self.conv1)).relu_()
                out = out + alpha * self.norm_local(local)
            shortcut = x if self.downsample is None else self.downsample(x)
            return self.drop_path(out).add_(shortcut)

        if self.with_cp and x.requires_grad:
            return self.relu(cp.checkpoint(branches, x, use_reentrant=False))
        return self.relu(branches(x))
