"""Weak logit distillation (WLD): the classifier.

Source: An et al., "IC Networks: Remodeling the Basic Unit for Convolutional Neural Networks"
(https://arxiv.org/abs/2102.03495), section 3.3: a trained plain network teaches the IC network that
starts from its weights, with ``alpha = 0``.
"""

import torch
from mmpretrain.models import ImageClassifier
from mmpretrain.models.heads import ClsHead
from mmpretrain.structures import DataSample
from torch import Tensor, nn

from ..errors import InputError
from ..ops.ic_layer import ic_layers, ic_tensors
from ..registry import MODELS
from ..weights.match import compare
from .teacher import Shared, load_teacher, require_same_input
from .wld import WLDLoss


@MODELS.register_module()
class WLDClassifier(ImageClassifier):
    """An image classifier that a frozen teacher teaches; it starts from the teacher's weights.

    Before the first step student and teacher, both in eval mode, give the same logits. The state
    dict is the student's alone: a checkpoint loads into a plain ``ImageClassifier`` of the same
    backbone, neck and head, and testing needs no teacher.

    Args:
        teacher_checkpoint: The file or address of the teacher's weights, mmpretrain's or
            torchvision's.
        teacher: The teacher, as a model config or as the path of a config file; None takes the
            config that mmengine saved in the checkpoint.
        weight: ``lambda`` at the start; ``WLDScheduleHook`` lowers it during the training.
        tau: The temperature.
        tolerance: ``e``, the deviation that costs nothing.
        kwargs: The arguments of mmpretrain's ImageClassifier: ``backbone``, ``neck``, ``head``, ...

    Raises:
        InputError: The teacher has other classes, another input normalisation or other layers than
            the student, or IC layers, its checkpoint does not load, the student's IC layers do not
            start at ``alpha = 0``, or the head's cross-entropy is not that of its logits.
    """

    def __init__(
        self,
        *,
        teacher_checkpoint: str,
        teacher: dict | str | None = None,
        weight: float = 0.9,
        tau: float = 1.0,
        tolerance: float = 0.005,
        **kwargs,
    ) -> None:
        super().__init__(**kwargs)
        self._source = teacher, teacher_checkpoint
        self._teacher: Shared | None = None
        self.wld = WLDLoss(weight, tau, tolerance)
        if not isinstance(self.head, ClsHead) or type(self.head).loss is not ClsHead.loss:
            raise InputError(
                f'WLDClassifier: cannot use {type(self.head).__name__}; take a head with plain '
                'logits, such as LinearClsHead'
            )

    @property
    def teacher(self) -> nn.Module:
        """The frozen network, outside the module tree, which is read when it is first needed."""
        self._read_teacher()
        return self._teacher.module

    def _read_teacher(self) -> None:
        if self._teacher is not None:
            return
        teacher = load_teacher(*self._source)
        self._check(teacher)
        self._teacher = Shared(teacher.to(next(self.parameters()).device))

    def _check(self, teacher: nn.Module) -> None:
        mine, its = (getattr(net.head, 'num_classes', None) for net in (self, teacher))
        if mine != its:
            raise InputError(
                f'{self._source[1]}: the teacher has {its} classes, the student {mine}; take a '
                'teacher that was trained on the same classes'
            )
        require_same_input(self.data_preprocessor, teacher.data_preprocessor)

    def _apply(self, fn, *args, **kwargs) -> 'WLDClassifier':
        if self._teacher is not None:
            self._teacher.module._apply(fn, *args, **kwargs)
        return super()._apply(fn, *args, **kwargs)

    def init_weights(self) -> None:
        if self.is_init:  # a trained student stays as it is
            return
        self._require_alpha_zero()
        self._read_teacher()  # not by the property: nn.Module hides an AttributeError in it
        own, state = ic_tensors(self), self.teacher.state_dict()
        plain = {name: value for name, value in self.state_dict().items() if name not in own}
        match = compare(plain, state, f'the teacher {self._source[1]}')
        match.require_all(
            'give a teacher that is the same network as the student, without IC layers'
        )
        super().init_weights()
        self.load_state_dict(state, strict=False)

    def _require_alpha_zero(self) -> None:
        for name, layer in ic_layers(self).items():
            if layer.alpha_mode == 'constant' or layer.alpha != 0:
                raise InputError(
                    f'{name}: has alpha={float(layer.alpha):g}, which is constant or not 0, but '
                    'a student must start as its teacher; give the backbone alpha=0.0 and '
                    "alpha_mode='learned' (or 'scheduled' with an AlphaScheduleHook)"
                )

    def loss(self, inputs: Tensor, data_samples: list[DataSample]) -> dict[str, Tensor]:
        """The two terms of ``L`` for a batch of preprocessed images, (N, 3, H, W)."""
        logits = self.head(self.extract_feat(inputs))
        losses = self.head._get_loss(logits, data_samples)
        with torch.no_grad():
            target = self.teacher(inputs)
        return {**self.wld(losses.pop('loss'), logits, target), **losses}
