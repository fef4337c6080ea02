"""What keeps less for the backward pass has the gradients that autograd computes."""

import pytest
import torch
import torch.nn.functional as F

from ic_backbones.ops.low_memory import AddRectified, DepthwiseConv


@pytest.mark.parametrize('memory_format', [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize(
    ('kernel', 'stride', 'padding', 'dilation'),
    [
        ((3, 3), 1, 1, 1),
        ((3, 3), 2, 1, 1),
        ((5, 2), (3, 2), (2, 1), (1, 2)),
        ((3, 3), (4, 5), 0, 2),
        ((2, 2), 3, 3, 1),
    ],
)
def test_the_gradient_of_the_input(kernel, stride, padding, dilation, memory_format):
    x = torch.randn(2, 3, 11, 14, dtype=torch.float64).contiguous(memory_format=memory_format)
    x.requires_grad_()
    box = torch.randn(1, 1, *kernel, dtype=torch.float64).expand(3, -1, -1, -1)
    geometry = stride, padding, dilation
    own, plain = DepthwiseConv.apply(x, box, geometry), F.conv2d(x, box, None, *geometry, 3)
    assert torch.equal(own, plain)
    upper = torch.randn_like(own)
    (expected,) = torch.autograd.grad(plain, x, upper)
    torch.testing.assert_close(torch.autograd.grad(own, x, upper), (expected,))


@pytest.mark.parametrize('alpha', [1, 0.3, -2.0])
def test_the_gradients_of_a_rectified_sum(alpha):
    u, v = torch.randn(2, 3, 5, dtype=torch.float64, requires_grad=True).unbind()

    def own(u, v):
        return AddRectified.apply(u, v.clone(), alpha)

    assert torch.autograd.gradcheck(own, (u, v), check_batched_grad=True)
    torch.testing.assert_close(own(u, v), u + alpha * v.relu())
