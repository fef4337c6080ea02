import pytest

from ic_backbones.datasets.voc.sample import make_sample_voc
from ic_backbones.datasets.voc.shapes import CLASSES
from ic_backbones.errors import InputError


def test_it_prints_what_a_config_needs(tool, tmp_path, capsys):
    make_sample_voc(tmp_path / 'source', train=3, val=1, size=(96, 72))
    argv = [str(tmp_path / 'source'), str(tmp_path / 'out')]
    tool('convert_dataset').main([*argv, '--resplit', '--shares', '0.6', '0.2', '0.2'])
    out = capsys.readouterr().out
    assert out.startswith('VOC layout, 5 images\n  train: 3 images with')
    for line in (
        'the splits are new ones',
        f'data_root = {argv[1]!r}',
        "train_split, val_split, test_split = 'train', 'val', 'test'",
        f'classes = {tuple(name for name in sorted(CLASSES) if f"{name!r}" in out)}',
    ):
        assert line in out.splitlines()
    with pytest.raises(InputError, match='out: already exists; choose a new folder'):
        tool('convert_dataset').main(argv)
