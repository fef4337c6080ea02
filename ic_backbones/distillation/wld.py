"""Weak logit distillation (WLD): the loss.

Source: An et al., "IC Networks: Remodeling the Basic Unit for Convolutional Neural Networks"
(https://arxiv.org/abs/2102.03495), section 3.3, eq. 8-10:

    L_kd = tau^2 KL(p_t(tau) || p_s(tau))                 p(tau) = softmax(logits / tau)
    L = (1 - lambda) L_ce + lambda max(L_kd - e, 0)

Readings. Eq. 9 leaves out the teacher's entropy; the text says KL divergence, and only that is 0
where student and teacher agree, so that a tolerance ``e`` makes sense. Eq. 10 prints ``L_ce``
inside the max; the text speaks of the deviation between teacher and student. ``tau`` is not given.
"""

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import Tensor

from ..config_values import require_number
from ..registry import MODELS


def weak_kl(student: Tensor, teacher: Tensor, tau: float = 1.0, tolerance: float = 0.005) -> Tensor:
    """``max(tau^2 KL(p_t || p_s) - e, 0)`` of the batch's mean divergence.

    Args:
        student: The student's logits, (N, classes), of any floating dtype; half precision is
            widened.
        teacher: The teacher's logits, of the same shape.
        tau: The temperature.
        tolerance: ``e``, the deviation that costs nothing.

    Returns:
        A scalar; its gradient is 0 up to the tolerance.
    """
    student, teacher = (
        F.log_softmax(logits.to(torch.promote_types(logits.dtype, torch.float32)) / tau, dim=1)
        for logits in (student, teacher)
    )
    kl = F.kl_div(student, teacher, reduction='batchmean', log_target=True)
    return F.relu(tau**2 * kl - tolerance)


def weak_logit_distillation(
    ce: Tensor,
    student: Tensor,
    teacher: Tensor,
    weight: float,
    tau: float = 1.0,
    tolerance: float = 0.005,
) -> tuple[Tensor, Tensor]:
    """The two terms of ``L``, ``(1 - lambda) L_ce`` and ``lambda max(L_kd - e, 0)``.

    Args:
        ce: ``L_ce``, the batch's mean cross-entropy, a scalar.
        student: The student's logits, (N, classes).
        teacher: The teacher's logits, (N, classes).
        weight: ``lambda``.
        tau: The temperature.
        tolerance: ``e``, the deviation that costs nothing.
    """
    return (1 - weight) * ce, weight * weak_kl(student, teacher, tau, tolerance)


@MODELS.register_module()
class WLDLoss(nn.Module):
    """:func:`weak_logit_distillation` with its constants.

    Args:
        weight: ``lambda``, which ``WLDScheduleHook`` sets during a training.
        tau: The temperature. The paper gives none; 1 was better than 4.
        tolerance: ``e``, the deviation that costs nothing; 0.005 in the paper.

    Raises:
        InputError: A value is not a number in its range.
    """

    def __init__(self, weight: float = 0.9, tau: float = 1.0, tolerance: float = 0.005) -> None:
        super().__init__()
        require_number('WLDLoss: weight', weight, 0, 1)
        require_number('WLDLoss: tau', tau, 1e-38, 1e38)
        require_number('WLDLoss: tolerance', tolerance, 0, 1e38)
        self.weight, self.tau, self.tolerance = weight, tau, tolerance

    def forward(self, ce: Tensor, student: Tensor, teacher: Tensor) -> dict[str, Tensor]:
        """The terms under the names that mmengine logs and sums.

        Args:
            ce: The student's cross-entropy, a scalar.
            student: The student's logits, (N, classes).
            teacher: The teacher's logits, (N, classes).

        Returns:
            Two scalars, ``loss_ce`` and ``loss_kd``.
        """
        terms = weak_logit_distillation(ce, student, teacher, self.weight, self.tau, self.tolerance)
        return dict(zip(('loss_ce', 'loss_kd'), terms, strict=True))

    def extra_repr(self) -> str:
        return f'weight={self.weight}, tau={self.tau}, tolerance={self.tolerance}'
