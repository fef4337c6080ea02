"""Stopping a training whose numbers are NaN or infinite."""

from collections.abc import Mapping
from typing import Any, NoReturn

from mmengine.runner import Runner
from torch import Tensor

from ..errors import InputError
from ..runs.work_dir import what_is_saved
from ..weights.match import first

CAUSES = (
    'look for the cause: zero-size boxes (run tools/check_dataset.py), too high a learning rate, '
    'no warm-up, no gradient clipping (optim_wrapper.clip_grad), BatchNorm in eval mode '
    '(norm_eval) in a network trained from scratch, or an overflow in fp16 (--amp)'
)


def non_finite(state: Mapping[str, Any]) -> list[str]:
    """The names of the tensors in a state dict that hold NaN or infinity."""
    return [
        name
        for name, value in state.items()
        if isinstance(value, Tensor) and not value.isfinite().all()
    ]


def require_finite(runner: Runner, checkpoint: Mapping[str, Any], broken: list[str]) -> None:
    """Stop if a model that is about to be saved is not finite.

    Args:
        runner: The runner of the training.
        checkpoint: What is about to be saved.
        broken: The names of the tensors that are not finite.

    Raises:
        InputError: There are any.
    """
    if broken:
        what = f'the model is not finite ({first(broken)})'
        stop(runner, checkpoint['meta']['iter'], what)


def stop(runner: Runner, iteration: int, what: str) -> NoReturn:
    """Raise the InputError that ends the training and names the checkpoint to go back to."""
    raise InputError(
        f'training stopped at iteration {iteration}: {what}; {CAUSES}; '
        f'{what_is_saved(runner.work_dir)}'
    )
