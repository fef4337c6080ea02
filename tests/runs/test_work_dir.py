"""Which checkpoint of a work dir a user is told to take."""

import os

from ic_backbones.runs.work_dir import best_checkpoint, note_checkpoint


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
