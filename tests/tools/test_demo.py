"""The README's first command, on a small data set."""

from mmengine.visualization import Visualizer


def test_the_demo_and_again(tool, detector_config, tmp_path, monkeypatch, capsys):
    module, ran = tool('demo'), []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(module, 'CONFIG', detector_config)

    def step(name, *argv):
        ran.append(name)
        Visualizer._instance_dict.clear()
        if name != 'make-sample-voc':  # the config has its own
            assert not tool(name.replace('-', '_')).main([*argv])

    monkeypatch.setattr(module, 'step', step)
    for words in ('epoch_2.pth', 'nothing left to train'):
        module.main([])
        said = capsys.readouterr().out
        assert words in said and 'mAP on the test split: 0.' in said
    assert ran == 2 * ['make-sample-voc', 'train', 'test', 'plot-curves']
    assert (tmp_path / 'work_dirs/demo/predictions.png').is_file()
