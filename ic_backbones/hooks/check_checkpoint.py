"""Refuse a checkpoint that does not belong to the model."""

import re

from mmengine.hooks import Hook
from mmengine.model import BaseTTAModel, is_model_wrapper
from mmengine.runner import Runner
from torch import Tensor

from ..checkpoint import compare
from ..errors import InputError
from ..registry import HOOKS


@HOOKS.register_module()
class CheckCheckpointHook(Hook):
    """Stop where a checkpoint for the whole model matches less than half of its tensors.

    ``load_from``, ``--resume`` and ``tools/test.py CONFIG CHECKPOINT`` load with ``strict=False``:
    a checkpoint of another model, or of the backbone alone, would leave the model random.

    Raises:
        InputError: with the counts and the first names, or the part of the model that it is for.
    """

    # After EMAHook (NORMAL), which puts the averaged weights into `state_dict`.
    priority = 'VERY_LOW'

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        model = runner.model
        while is_model_wrapper(model) or isinstance(model, BaseTTAModel):
            model = model.module
        state = checkpoint.get('state_dict', checkpoint)
        state = {re.sub(r'^module\.', '', name): tensor for name, tensor in state.items()}
        source = runner.cfg.get('load_from') or 'the checkpoint'
        own = model.state_dict()
        part = compare(state, own).likely_prefix
        if part and len(compare(own, _below(part, state)).matched) > len(state) / 2:
            raise InputError(
                f"{source} holds the model's {part[:-1]} alone, the rest would stay random; give "
                f"it as model.{part}init_cfg=dict(type='Pretrained', checkpoint=...) instead"
            )
        compare(own, state).require_half(source)


def _below(prefix: str, state: dict[str, Tensor]) -> dict[str, Tensor]:
    return {prefix + name: tensor for name, tensor in state.items()}
