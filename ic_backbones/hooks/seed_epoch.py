"""Make a resumed training the same as one that was never interrupted."""

import random
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from mmengine.dist import broadcast_object_list, get_rank
from mmengine.hooks import Hook
from mmengine.runner import Runner
from torch.utils.data import Dataset, get_worker_info

from ..registry import HOOKS


@HOOKS.register_module()
class SeedEpochHook(Hook):
    """Seeds every process at the start of each epoch, from the seed, the iteration and its rank.

    mmengine stores no state of a random number generator, and a state in the checkpoint would be
    that of the first process alone. With a seed for each epoch, on the CPU and with the same number
    of processes and of workers, N epochs and N resumed ones equal 2N in one piece bit for bit.
    Four things would differ after resuming:

    - the generators of the training process, which draw dropout and the sampling of proposals, and
      without workers the augmentations: they are seeded;
    - those of the workers of the data loader. Persistent workers continue where the previous epoch
      stopped; the others begin each epoch with the same numbers, those of the seed with which the
      loader was built. Both are seeded before their first batch of an epoch;
    - the order of the images, for which the sampler has the seed with which the loader was built,
      even inside a batch sampler: it gets the seed that resuming restores;
    - the number that the loader draws whenever it starts workers, once or in each epoch: it comes
      from a generator of its own.

    An iteration-based loop is one epoch to mmengine, so it is seeded only at its start. The order
    of the images, the learning rate and the optimizer continue as they were; augmentations and
    dropout are drawn again. The official mmengine starts the workers of such a loop before it
    resumes, so there the order continues only if the config gives the seed.
    """

    def before_train(self, runner: Runner) -> None:
        seeds = [runner.seed]  # differs between processes with randomness.diff_rank_seed
        broadcast_object_list(seeds)
        self._seed = seeds[0]
        loader = runner.train_dataloader
        for sampler in (loader.sampler, getattr(loader.batch_sampler, 'sampler', None)):
            if hasattr(sampler, 'seed'):
                sampler.seed = self._seed
        loader.generator = torch.Generator()
        self._start = torch.zeros((), dtype=torch.int64).share_memory_()
        if hasattr(loader.dataset, '__dict__'):  # a plain list has no augmentations
            # The method that a data loader calls for a batch, where the data set has it.
            loader.dataset.__getitems__ = _SeededFetch(loader.dataset, self._seed, self._start)

    def before_train_epoch(self, runner: Runner) -> None:
        self._start.fill_(runner.iter)
        _seed(self._seed, runner.iter, get_rank())


class _SeededFetch:
    """Fetches batches, and seeds the worker that it is in before its first one of an epoch.

    Args:
        dataset: The data set.
        seed: The seed of the run, the same in all processes.
        start: The iteration at which the epoch began, a scalar in memory that workers share.
    """

    def __init__(self, dataset: Dataset, seed: int, start: torch.Tensor) -> None:
        self._dataset = dataset
        self._fetch = getattr(dataset, '__getitems__', None)
        self._seed, self._start, self._rank = seed, start, get_rank()
        self._seeded: int | None = None

    def __call__(self, indices: Sequence[int]) -> list[Any]:
        worker, start = get_worker_info(), self._start.item()
        if worker and self._seeded != start:
            _seed(self._seed, start, self._rank, worker.id)
            self._seeded = start
        return self._fetch(indices) if self._fetch else [self._dataset[i] for i in indices]


def _seed(*entropy: int) -> None:
    """Seed Python's, NumPy's and all of PyTorch's generators from some integers together."""
    seed = int(np.random.SeedSequence(entropy).generate_state(1)[0])
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
