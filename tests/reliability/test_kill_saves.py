"""The quick form of kill_saves.py, and the order in which files reach the disk."""

import kill_saves
import pytest
from disk import Operation
from kill_saves import MOMENTS, Trials, count_losses, table


@pytest.fixture(scope='module')
def trials(tmp_path_factory):
    return Trials(tmp_path_factory.mktemp('trials'))


def test_nothing_is_lost(trials, capsys):
    results = count_losses(trials, kills=14, signals=3)
    with capsys.disabled():
        print(f'\n{table(results)}')
    assert sum(map(len, results.values())) == 20
    assert not [loss for losses in results.values() for loss in losses if loss]


def test_the_trials_see_what_mmengine_loses(tmp_path):
    """mmengine's hook truncates the file in its rewriting, when the previous one is gone."""
    trials = Trials(tmp_path, hook='CheckpointHook')
    within = MOMENTS['in its rewriting']
    index = next(i for i in trials.after_first if within(trials.operations, i))
    assert trials.operations[index] == Operation('open', 'epoch_1.pth')
    assert trials.kill(index) is not None or trials.kill(index + 1) is not None


def test_files_are_on_the_disk_before_they_get_their_name_and_before_others_go(trials):
    """What no SIGKILL shows: a machine without power keeps only what was synced, in any order."""
    seen = trials.operations
    renamed = [i for i, operation in enumerate(seen) if operation.what == 'rename']
    files = 5 * kill_saves.EPOCHS  # the file of an epoch and the note twice, the best file once
    assert len(renamed) == 2 * files  # noticed before and after
    for before, after in zip(renamed[::2], renamed[1::2], strict=True):
        assert seen[before - 2] == Operation('sync', f'{seen[before].name}.tmp')
        assert seen[before - 1].what == 'close' and after == before + 1
        assert seen[after + 1] == Operation('sync', '1')  # the work dir
        assert not any(operation.what == 'remove' for operation in seen[before - 8 : after + 2])
