"""A depthwise and a pointwise convolution as one IC layer.

Source: An et al., "IC Networks: Remodeling the Basic Unit for Convolutional Neural Networks"
(https://arxiv.org/abs/2102.03495), section 4.2: the two count as one convolution, whose input is
the depthwise one's and whose output is the pointwise one's:

    u = pointwise(...(depthwise(x)))
    out = u + alpha * relu(u - W' . (1 (^*) x))

The box sum has the depthwise convolution's kernel, stride, padding and dilation. What lies between
the two (norm, activation, squeeze-and-excitation) is left as it is.

``x`` travels with the maps: the output of the depthwise convolution has it as an attribute, and the
modules between the two hand it on. No module keeps a tensor, so that threads, replicas and
recomputed parts of a network cannot see each other's input.
"""

import math
import os.path
from functools import partial

import torch
import torch.nn as nn
from mmcv.cnn.bricks import Conv2dAdaptivePadding, ConvModule
from torch import Tensor

from .collision import add_collision, inner_response, relu_bias
from .fx_step import add_step
from .ic_fold import FoldableICLayer
from .ic_layer import PLAIN_CONVS, has_additions, init_w_prime_, settings_of
from .window import Window, area_of


class ICPairConv2d(FoldableICLayer, nn.Conv2d):
    """The pointwise convolution of a pair, with the collision term.

    Input (N, C'', H, W), output (N, C, H, W). The layer adds ``w_prime`` of (C, C', 1, 1), where C'
    are the channels of the depthwise convolution's input. :meth:`from_pair` makes it, and
    :func:`connect` brings it that input.

    Attributes:
        depthwise: The depthwise convolution, in a tuple so that it does not become a submodule.
        path: The dotted name of the layer, with which its input comes.
    """

    path = ''

    @classmethod
    def from_pair(
        cls, depthwise: nn.Conv2d, pointwise: nn.Conv2d, alpha: float, alpha_mode: str
    ) -> 'ICPairConv2d':
        """The layer in the place of ``pointwise``, sharing its ``weight`` and ``bias`` objects.

        Args:
            depthwise: The depthwise convolution, which stays in its place.
            pointwise: The pointwise convolution of its output.
            alpha: The scale of the collision term, or the value that it starts from.
            alpha_mode: See ``ICLayer.set_alpha``.

        Raises:
            TypeError: The two are not a depthwise and a pointwise convolution that fit together.
        """
        require_pair(depthwise, pointwise)
        pair = cls(**settings_of(pointwise))
        pair.weight, pair.bias = pointwise.weight, pointwise.bias  # no IC layer yet, so no fold
        pair.depthwise = (depthwise,)
        w_prime = torch.empty_like(pair.weight.data[:, : depthwise.in_channels])
        pair.add_own_tensors(w_prime, alpha, alpha_mode)
        return pair.train(pointwise.training)

    @property
    def window(self) -> Window:
        """The window of the depthwise convolution, as it is now."""
        return Window.of(self.depthwise[0])

    @property
    def area(self) -> int:
        return area_of(self.window)

    def init_w_prime(self, generator: torch.Generator | None = None) -> None:
        # The scale of a full convolution of this kernel whose response is as large.
        weight = self.weight.expand(-1, -1, self.area, 1) / math.sqrt(self.area)
        init_w_prime_(self.w_prime, weight, self.alpha, generator)

    def scale_term(self, scale: Tensor) -> None:
        if self.inner_bias is None:  # so far the ReLU sees the whole bias
            bias = self.weight.new_zeros(self.out_channels) if self.bias is None else self.bias
            self.inner_bias = nn.Parameter(bias.detach().clone(), self.weight.requires_grad)
        super().scale_term(scale)

    def _own_inner_bias(self) -> Tensor | None:
        return self.bias if self.inner_bias is None else self.inner_bias

    def forward(self, y: Tensor) -> Tensor:
        if isinstance(y, torch.fx.Proxy):  # a step with both inputs as its one argument
            return add_step(self, y.tracer, (y, getattr(y, _INPUT, None)))
        given = self.inner_bias is not None
        b1 = relu_bias(self.bias, self.inner_bias, self.sign) if given else None
        return self._ic_forward(y, self.weight, self.bias, self.w_prime, b1, self.sign)

    def _conv_forward(self, y: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        """What ``efficient_conv_bn_eval`` of mmcv and mmengine calls, with a norm in ``weight``."""
        if weight is self.weight:
            return self.forward(y)
        w_prime, b1, sign = self.term_under(weight)
        return self._ic_forward(y, weight, bias, w_prime, relu_bias(bias, b1, sign), sign)

    def _ic_forward(
        self,
        y: Tensor,
        weight: Tensor,
        bias: Tensor | None,
        w_prime: Tensor,
        b1: Tensor | None,
        sign: Tensor | None,
    ) -> Tensor:
        y, given = y if isinstance(y, tuple) else (y, getattr(y, _INPUT, None))
        path, x = given or (None, None)
        if path != self.path:
            raise RuntimeError(
                'pairs: the input of a depthwise convolution did not reach the pointwise one; call '
                'the two in this order with only modules between them, do not exchange these '
                'modules afterwards (as sync_bn does with norms), and checkpoint parts of a pair '
                'with use_reentrant=False'
            )
        u = nn.Conv2d._conv_forward(self, y, weight, bias)
        alpha = self.effective_alpha()
        if isinstance(alpha, float) and alpha == 0:
            return u
        window = self.window
        if isinstance(self.depthwise[0], Conv2dAdaptivePadding):
            x = window.pad_to_same(x)
        v = inner_response(u, x, w_prime, window, 1, b1, sign)
        return add_collision(u, v, alpha, sign)


# The attribute of a tensor on its way to the pointwise convolution: its path, and the input.
_INPUT = 'ic_pair_input'


def connect(net: nn.Module, depthwise: str, pointwise: str) -> None:
    """Let the input of a depthwise convolution travel with the maps to its pointwise one.

    This puts hooks on the former, or on a module that starts with it, and on the modules between
    the two. Norms inside a ``ConvModule`` get none, so that they may be exchanged for ``SyncBN``.

    Args:
        net: The network.
        depthwise: The dotted name of the depthwise convolution.
        pointwise: The dotted name of the :class:`ICPairConv2d`.
    """
    ends = depthwise.split('.'), pointwise.split('.')
    block = len(os.path.commonprefix(ends))
    ends = [_outermost(net, end, block) for end in ends]
    net.get_submodule(pointwise).path = pointwise
    net.get_submodule('.'.join(ends[0])).register_forward_hook(partial(_bring, pointwise))
    for module in _between(net, block, *ends):
        module.register_forward_hook(_hand_on)


def _outermost(net: nn.Module, path: list[str], block: int) -> list[str]:
    """The path of the outermost module in the block whose first step is the module at ``path``."""
    while len(path) > block + 1 and _first_of(net.get_submodule('.'.join(path[:-1]))) == path[-1]:
        path = path[:-1]
    return path


def _first_of(module: nn.Module) -> str | None:
    """The name of the child that gets the input of ``module``, where that is certain."""
    forward = type(module).forward
    if forward is ConvModule.forward and module.order[0] == 'conv':
        return None if module.with_explicit_padding else 'conv'
    return next(iter(module._modules)) if forward is nn.Sequential.forward else None


def _between(net: nn.Module, block: int, *ends: list[str]) -> list[nn.Module]:
    """The modules that may be called between those at the ends: siblings on the way to them."""
    names = list(net.get_submodule('.'.join(ends[0][:block]))._modules)
    first, last = (names.index(end[block]) for end in ends)
    within = range(first, last) if first < last else range(len(names))
    siblings = [ends[0][:block] + [names[i]] for i in within if i not in (first, last)]
    for end in ends:
        for depth in range(block + 1, len(end)):
            children = net.get_submodule('.'.join(end[:depth]))._modules
            siblings += [end[:depth] + [name] for name in children if name != end[depth]]
    modules = (net.get_submodule('.'.join(path)) for path in siblings)
    return [m for m in dict.fromkeys(modules) if _hand_on not in m._forward_hooks.values()]


def _bring(pointwise: str, _, inputs: tuple[Tensor, ...], output: Tensor) -> None:
    if isinstance(getattr(inputs[0], _INPUT, None), tuple):
        raise RuntimeError(
            'pairs: a second depthwise convolution comes before the pointwise one of the first; '
            'give pairs that do not overlap'
        )
    setattr(output, _INPUT, (pointwise, inputs[0]))


def _hand_on(_, inputs: tuple, output: object) -> None:
    given = getattr(inputs[0], _INPUT, None) if inputs else None
    if given is not None and not isinstance(output, tuple | list | dict):
        setattr(output, _INPUT, given)


def require_pair(depthwise: nn.Module, pointwise: nn.Module) -> None:
    """Check that the two can become one IC layer.

    Raises:
        TypeError: See :meth:`ICPairConv2d.from_pair`.
    """
    if not isinstance(depthwise, nn.Conv2d) or depthwise.groups != depthwise.in_channels:
        raise TypeError(f'{depthwise} is not a depthwise convolution; correct pairs')
    if depthwise.padding_mode != 'zeros' or isinstance(depthwise.padding, str):
        raise TypeError(f'{depthwise} pads in a way that a box sum cannot; leave it out of pairs')
    if type(depthwise) not in PLAIN_CONVS:
        raise TypeError(
            f'{type(depthwise).__name__} has a forward of its own; leave it out of pairs'
        )
    if (
        type(pointwise) not in PLAIN_CONVS
        or pointwise.kernel_size != (1, 1)
        or pointwise.stride != (1, 1)
        or pointwise.padding not in ((0, 0), 'same', 'valid')
        or pointwise.groups != 1
        or pointwise.in_channels != depthwise.out_channels
    ):
        raise TypeError(
            f'{pointwise} is not a pointwise convolution of {depthwise.out_channels} channels; '
            'correct pairs'
        )
    if has_additions(pointwise):
        raise TypeError(
            f'{pointwise} has hooks or a parametrization, which would be lost; leave it out of '
            'pairs'
        )
