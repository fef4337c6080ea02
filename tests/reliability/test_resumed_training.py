"""The quick form of resume.py, and a Ctrl-C in the middle of an epoch."""

import os
import signal

import pytest
from mmengine.hooks import Hook
from resume import Trainings
from training import Child, equal, resumable, train, weights


@pytest.fixture(scope='module')
def trainings(tmp_path_factory):
    return Trainings(tmp_path_factory.mktemp('trainings'), epochs=2)


@pytest.mark.parametrize(
    ('kind', 'workers'), [('detector', '2 persistent workers'), ('averaged model', '2 workers')]
)
def test_resumed_equals_run_through(trainings, kind, workers):
    assert not trainings.differs(kind, workers)


class CtrlC(Hook):
    """Presses it in the first of two iterations of an epoch, when the weights have changed."""

    def __init__(self, epoch: int) -> None:
        self.epoch = epoch

    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None) -> None:
        if runner.epoch + 1 == self.epoch and batch_idx == 0:
            os.kill(os.getpid(), signal.SIGINT)


def test_ctrl_c_within_an_epoch_goes_on_from_the_epoch_before(tmp_path):
    whole, stopped = tmp_path / 'whole', tmp_path / 'stopped'
    assert Child(lambda report: train(whole), tmp_path / 'log').wait()[0] == 0
    child = Child(lambda report: train(stopped, hooks=(CtrlC(3),)), tmp_path / 'log')
    assert child.wait()[0] == 130
    path, epoch = resumable(stopped)
    assert epoch == 2
    assert Child(lambda report: train(stopped, resume=path), tmp_path / 'log').wait()[0] == 0
    assert equal(weights(stopped), weights(whole))
