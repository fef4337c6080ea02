"""From which seeds the processes of a training draw in each epoch."""

import random
from itertools import chain

import numpy as np
import pytest
import torch
from mmengine.hooks import Hook
from reliability.training import train
from torch.utils.data import BatchSampler, Dataset

PERSISTENT = dict(num_workers=2, persistent_workers=True)
ANEW = dict(num_workers=2, persistent_workers=False)


class Draws(Dataset):
    """Every sample is a number from each of the three generators."""

    def __len__(self) -> int:
        return 8

    def __getitem__(self, index: int) -> dict:
        return dict(inputs=torch.tensor([random.random() + np.random.rand(), torch.rand(())]))


class Indices(Draws):
    """Every sample is its own index."""

    def __getitem__(self, index: int) -> dict:
        return dict(inputs=torch.tensor([float(index), 0.0]))


class Record(Hook):
    """Keeps the batches of each epoch."""

    def __init__(self) -> None:
        self.epochs: list[list[torch.Tensor]] = []

    def before_train_epoch(self, runner) -> None:
        self.epochs.append([])

    def before_train_iter(self, runner, batch_idx, data_batch=None) -> None:
        self.epochs[-1].append(torch.stack(data_batch['inputs']))

    def equal(self, other: 'Record', epochs: slice = slice(None)) -> bool:
        pairs = zip(chain(*self.epochs[epochs]), chain(*other.epochs), strict=True)
        return all(torch.equal(first, second) for first, second in pairs)


def record(work_dir, workers=None, resume=None, epochs=3, **settings) -> Record:
    loader = dict(
        dataset=Draws(),
        sampler=dict(type='DefaultSampler', shuffle=True),
        batch_size=4,
        collate_fn=dict(type='pseudo_collate'),
        **(workers or {}),
    )
    hook = Record()
    runner = train(
        work_dir,
        epochs=epochs,
        hooks=(hook,),
        resume=resume and str(resume),
        checkpoint=dict(max_keep_ckpts=-1) | settings.pop('checkpoint', {}),
        train_dataloader=loader | settings.pop('loader', {}),
        **settings,
    )
    if persistent := runner.train_dataloader._iterator:
        persistent._shutdown_workers()  # the garbage collector waits 5 seconds for each
    return hook


@pytest.mark.parametrize('workers', [None, ANEW, PERSISTENT])
def test_a_resumed_epoch_draws_what_it_would_have_drawn(tmp_path, workers):
    whole = record(tmp_path / 'whole', workers)
    torch.manual_seed(99)
    resumed = record(tmp_path / 'resumed', workers, tmp_path / 'whole/epoch_1.pth')
    assert whole.equal(resumed, slice(1, None))


def test_persistent_workers_draw_what_new_ones_do_and_no_epoch_what_another_did(tmp_path):
    fresh, persistent = record(tmp_path / 'a', ANEW), record(tmp_path / 'p', PERSISTENT)
    assert fresh.equal(persistent)
    numbers = torch.cat([torch.cat(epoch) for epoch in fresh.epochs])
    assert len(numbers[:, 0].unique()) == len(numbers[:, 1].unique()) == 3 * 8


def test_without_a_given_seed_the_resumed_order_is_the_first_ones(tmp_path):
    """Also within a batch sampler; resuming brings the seed after the loader was built."""

    loader = dict(dataset=Indices(), batch_sampler=dict(type=BatchSampler, drop_last=False))
    whole = record(tmp_path / 'whole', randomness=dict(seed=None), loader=loader)
    resumed = record(
        tmp_path / 'resumed',
        resume=tmp_path / 'whole/epoch_1.pth',
        randomness=dict(seed=None),
        loader=loader,
    )
    assert whole.equal(resumed, slice(1, None))
    orders = {tuple(torch.cat(epoch)[:, 0].tolist()) for epoch in whole.epochs}
    assert len(orders) == 3


def test_a_data_set_with_a_fetch_of_its_own_keeps_it(tmp_path):
    class Batches(Draws):
        def __getitems__(self, indices):
            return [dict(inputs=torch.full((2,), 7.0)) for _ in indices]

    seen = record(tmp_path, ANEW, loader=dict(dataset=Batches()))
    assert all(torch.equal(batch, torch.full((4, 2), 7.0)) for batch in chain(*seen.epochs))


@pytest.mark.parametrize('workers, seed', [(None, None), (None, 0), (ANEW, 0), (PERSISTENT, 0)])
def test_an_iteration_based_loop_resumes_with_the_order_of_the_images(tmp_path, workers, seed):
    settings = dict(
        workers=workers,
        loader=dict(dataset=Indices(), sampler=dict(type='InfiniteSampler', shuffle=True)),
        train_cfg=dict(by_epoch=False, max_iters=8, val_interval=4),
        checkpoint=dict(by_epoch=False, interval=4, save_best=None),
        randomness=dict(seed=seed),
    )
    whole = record(tmp_path / 'whole', **settings)
    resumed = record(tmp_path / 'resumed', resume=tmp_path / 'whole/iter_4.pth', **settings)
    assert torch.equal(torch.cat(whole.epochs[0][4:]), torch.cat(resumed.epochs[0]))
