"""Stop at the iteration whose loss is NaN or infinite."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from mmengine.hooks import Hook
from mmengine.runner import Runner

from ..registry import HOOKS
from .finite import non_finite, require_finite, stop


@HOOKS.register_module()
class StopOnNonFiniteLossHook(Hook):
    """Stop the training at the first non-finite loss, and write no model that is not finite.

    The loss is looked at in every iteration (in every micro-batch where gradients are accumulated).
    mmengine's RuntimeInfoHook has copied the same values to the host just before, so there is
    nothing left to wait for. By then the optimizer may have stepped: the weights in memory are
    lost, those on disk are not, because a model with a non-finite parameter is never saved.
    ``SafeCheckpointHook`` keeps the previous checkpoint then; mmengine's own hook with
    ``max_keep_ckpts`` has already deleted it.

    Args:
        max_files: The largest number of the batch's image files that the error names.

    Raises:
        InputError: The loss or the model is not finite; the message has the iteration, the loss
            terms, the image files and possible causes.
    """

    # Before everything that logs, averages or saves.
    priority = 'HIGH'

    def __init__(self, max_files: int = 8) -> None:
        self.max_files = max_files

    def after_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: dict | None = None
    ) -> None:
        losses = {
            name: torch.as_tensor(value).item()
            for name, value in (outputs or {}).items()
            if 'loss' in name
        }
        if all(map(math.isfinite, losses.values())):
            return
        terms = ', '.join(f'{name} {value:.4g}' for name, value in losses.items())
        files = list(image_files(data_batch))
        images = ', '.join(files[: self.max_files]) or 'without file names'
        if len(files) > self.max_files:
            images += f' and {len(files) - self.max_files} more'
        stop(runner, runner.iter + 1, f'the loss is not finite ({terms}; images: {images})')

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        parameters = dict(runner.model.named_parameters())
        require_finite(runner, checkpoint, non_finite(parameters))


def image_files(batch: Any) -> Iterator[str]:
    """The ``img_path`` of every data sample in a batch of mmdet or mmpretrain, however nested."""
    path = getattr(batch, 'img_path', None)
    if path is not None:
        yield str(path)
    elif isinstance(batch, Mapping):
        for value in batch.values():
            yield from image_files(value)
    elif isinstance(batch, Sequence) and not isinstance(batch, str):
        for value in batch:
            yield from image_files(value)
