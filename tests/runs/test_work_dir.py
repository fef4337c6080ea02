"""Which checkpoint of a work dir a user is told to take, and which ones are put aside."""

import os

from ic_backbones.runs.work_dir import best_checkpoint, note_checkpoint, put_aside


def test_the_best_checkpoint_is_the_newest_best_one_or_else_the_last(tmp_path):
    assert best_checkpoint(tmp_path) is None
    (tmp_path / 'epoch_3.pth').touch()
    note_checkpoint(tmp_path, str(tmp_path / 'epoch_3.pth'))
    assert best_checkpoint(tmp_path) == str(tmp_path / 'epoch_3.pth')
    for seconds, epoch in ((2, 1), (1, 10)):
        file = tmp_path / f'best_pascal_voc_mAP_epoch_{epoch}.pth'
        file.touch()
        os.utime(file, (seconds, seconds))
    assert best_checkpoint(tmp_path) == str(tmp_path / 'best_pascal_voc_mAP_epoch_1.pth')


def test_the_checkpoints_of_a_run_are_put_aside_whatever_their_name(tmp_path):
    others = {'teacher.pth', 'ic_epoch_1_backbone-0a1b.pth', 'log.txt'}
    own = {'ckpt_1.pth', 'ckpt_20.pth', 'best_accuracy.pth'}
    for name in own | others:
        (tmp_path / name).touch()
    note_checkpoint(tmp_path, str(tmp_path / 'ckpt_20.pth'))
    aside = put_aside(tmp_path)
    assert {path.name for path in aside.iterdir()} == own | {'last_checkpoint'}
    assert {path.name for path in tmp_path.iterdir()} == others | {aside.name}
