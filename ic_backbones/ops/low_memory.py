"""Parts of the collision term that keep less for the backward pass than autograd would."""

import torch
import torch.nn.functional as F
from mmengine.utils import to_2tuple
from torch import Tensor
from torch.autograd import forward_ad

is_compiling = getattr(torch.compiler, 'is_compiling', torch._utils.is_compiling)


def is_transformed() -> bool:
    """Whether a transform of torch.func or a derivative in forward mode is being computed."""
    if is_compiling():  # dynamo cannot trace what follows
        return False
    return torch._C._are_functorch_transforms_active() or forward_ad._current_level >= 0


def is_eager_training() -> bool:
    """Whether gradients are recorded, and by no compiler, tracer or transform."""
    return (
        torch.is_grad_enabled()
        and not is_compiling()
        and not torch.jit.is_tracing()
        and not is_transformed()
    )


class DepthwiseConv(torch.autograd.Function):
    """``F.conv2d`` with a constant depthwise kernel, which does not keep its input."""

    @staticmethod
    def forward(x: Tensor, kernel: Tensor, geometry: tuple) -> Tensor:
        return F.conv2d(x, kernel, None, *geometry, len(kernel))

    @staticmethod
    def setup_context(ctx, inputs: tuple, output: Tensor) -> None:
        x, kernel, ctx.geometry = inputs
        ctx.size = x.shape
        ctx.save_for_backward(kernel)

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[Tensor, None, None]:
        (kernel,) = ctx.saved_tensors
        stride, padding, dilation = map(to_2tuple, ctx.geometry)
        rest = [
            (size + 2 * p - d * (k - 1) - 1) % s  # what the last window does not reach
            for size, k, s, p, d in zip(
                ctx.size[2:], kernel.shape[2:], stride, padding, dilation, strict=True
            )
        ]
        # convolution_backward, which autograd calls, would copy a channels_last gradient.
        kernel = kernel.to(gradient.dtype)
        geometry = stride, padding, rest, len(kernel), dilation
        return F.conv_transpose2d(gradient, kernel, None, *geometry), None, None


class AddRectified(torch.autograd.Function):
    """``u + alpha * relu(v)`` in place of ``v``, with a constant ``alpha``.

    It keeps one byte for each value.
    """

    @staticmethod
    def forward(ctx, u: Tensor, v: Tensor, alpha: float) -> Tensor:
        ctx.alpha = alpha
        ctx.save_for_backward(v > 0)
        ctx.mark_dirty(v)
        term = v.relu_()
        return torch.add(u, term, alpha=alpha, out=term)

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[Tensor, Tensor, None]:
        (active,) = ctx.saved_tensors
        # Faster than a product with booleans, which makes one map more. The gradient may be a
        # batch of gradients, so it gives the shape.
        through = torch.empty_like(gradient).copy_(active).mul_(gradient)
        return gradient, through if ctx.alpha == 1 else through.mul_(ctx.alpha), None
