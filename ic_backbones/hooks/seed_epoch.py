"""Make a resumed training the same as one that was never interrupted."""

from mmengine.dist import get_rank
from mmengine.hooks import Hook
from mmengine.runner import Runner, set_random_seed

from ..registry import HOOKS


@HOOKS.register_module()
class SeedEpochHook(Hook):
    """Seeds all random number generators at the start of each epoch, from seed, epoch and rank.

    mmengine stores no generator's state, so a resumed training draws other augmentations than one
    that ran through. A state in the checkpoint would be that of the first process alone, and that
    of before the validation; a seed for each epoch is right for every process. On the CPU, N and N
    epochs are then bit for bit 2N.
    """

    def before_train(self, runner: Runner) -> None:
        runner.train_dataloader.sampler.seed = runner.seed  # which resuming has changed

    def before_train_epoch(self, runner: Runner) -> None:
        set_random_seed(runner.seed + 1000 * runner.epoch + get_rank())
