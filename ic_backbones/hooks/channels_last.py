"""Train and test in the memory format channels_last."""

import torch
from mmengine.hooks import Hook
from mmengine.runner import Runner

from ..registry import HOOKS


@HOOKS.register_module()
class ChannelsLastHook(Hook):
    """Lays out the weights in ``channels_last`` before a training or a test begins.

    A convolution with such weights also returns a map in that format, whatever the format of its
    input, so the data need no change. The layout is not part of the function: the results differ by
    rounding only, and checkpoints load with and without the hook. What is gained depends on the
    network and the machine: compare the time of some iterations with and without it.
    """

    def before_run(self, runner: Runner) -> None:
        runner.model.to(memory_format=torch.channels_last)

    def before_train(self, runner: Runner) -> None:
        self.before_run(runner)  # once more: the teacher of a distillation is there by now
