"""The loss of weak logit distillation against its formula, written out by hand."""

import math

import pytest
import torch
import torch.nn.functional as F

from ic_backbones.distillation import WLDLoss, weak_kl, weak_logit_distillation
from ic_backbones.errors import InputError
from ic_backbones.registry import MODELS


def softmax(logits, tau):
    powers = [math.exp(value / tau) for value in logits]
    return [power / sum(powers) for power in powers]


def kl_by_hand(student, teacher, tau):
    """tau^2 KL(p_t || p_s), mean over the batch."""
    total = 0.0
    for s, t in zip(student.tolist(), teacher.tolist(), strict=True):
        p_s, p_t = softmax(s, tau), softmax(t, tau)
        total += sum(t_i * math.log(t_i / s_i) for s_i, t_i in zip(p_s, p_t, strict=True))
    return tau**2 * total / len(student)


@pytest.fixture
def logits():
    torch.manual_seed(0)
    return torch.randn(5, 7, dtype=torch.float64), 3 * torch.randn(5, 7, dtype=torch.float64)


@pytest.mark.parametrize('tau', [1.0, 2.0, 4.0])
def test_weak_kl(logits, tau):
    expected = kl_by_hand(*logits, tau)
    assert abs(weak_kl(*logits, tau, 0.0).item() - expected) < 1e-12
    assert abs(weak_kl(*logits, tau, 0.3).item() - (expected - 0.3)) < 1e-12


def test_whole_loss(logits):
    student, teacher = logits
    target = torch.tensor([0, 6, 2, 2, 5])
    ce = -sum(math.log(softmax(s, 1)[t]) for s, t in zip(student.tolist(), target, strict=True)) / 5
    expected = 0.3 * ce + 0.7 * max(kl_by_hand(student, teacher, 4.0) - 0.005, 0)
    terms = weak_logit_distillation(F.cross_entropy(student, target), student, teacher, 0.7, 4.0)
    assert abs(sum(terms).item() - expected) < 1e-12


def test_soft_labels(logits):
    """Mixup's two labels an image, in the cross-entropy alone."""
    student, teacher = logits
    target = 0.25 * F.one_hot(torch.arange(5), 7) + 0.75 * F.one_hot(torch.arange(2, 7), 7)
    ce = -(target * torch.tensor([softmax(s, 1) for s in student.tolist()]).log()).sum() / 5
    loss = WLDLoss(weight=0.4)(F.cross_entropy(student, target.double()), student, teacher)
    torch.testing.assert_close(loss['loss_ce'], 0.6 * ce, check_dtype=False)
    torch.testing.assert_close(loss['loss_kd'], 0.4 * weak_kl(student, teacher))


def test_tolerance(logits):
    """The divergence costs nothing up to the tolerance and has no gradient there."""
    student, teacher = logits
    student.requires_grad_()
    edge = kl_by_hand(student, teacher, 4.0)
    for tolerance, free in ((edge * (1 + 1e-9), True), (edge * (1 - 1e-9), False)):
        loss = weak_kl(student, teacher, 4.0, tolerance)
        (gradient,) = torch.autograd.grad(loss, student)
        assert (loss == 0) == free
        assert (gradient.abs().max() == 0) == free
    assert weak_kl(teacher, teacher, 4.0, 0.0) == 0


def test_gradcheck(logits):
    student, teacher = logits
    student.requires_grad_()
    torch.autograd.gradcheck(lambda s: weak_kl(s, teacher), student)


@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16])
def test_half_precision_is_widened(logits, dtype):
    """Logits of 6e4, close to fp16's largest, and a divergence beyond it stay finite."""
    student, teacher = (4e3 * value.to(dtype) for value in logits)
    student.requires_grad_()
    loss = weak_kl(student, teacher)
    assert loss.dtype == torch.float32
    torch.testing.assert_close(loss, weak_kl(student.float(), teacher.float()))
    loss.backward()
    assert student.grad.dtype == dtype and student.grad.isfinite().all()


def test_autocast(logits):
    student, teacher = (value.float() for value in logits)
    layer = torch.nn.Linear(7, 7)
    with torch.autocast('cpu', torch.bfloat16):
        half = layer(student)
        loss = weak_kl(half, teacher)
    assert half.dtype == torch.bfloat16 and loss.dtype == torch.float32
    torch.testing.assert_close(loss, weak_kl(half.float(), teacher))


@pytest.mark.parametrize(
    'wrong', [dict(weight=1.1), dict(weight='0.9'), dict(tau=0), dict(tolerance=-1)]
)
def test_constants_out_of_range(wrong):
    with pytest.raises(InputError, match=f'WLDLoss: {next(iter(wrong))} is .*; give a number'):
        MODELS.build(dict(type='WLDLoss', **wrong))
