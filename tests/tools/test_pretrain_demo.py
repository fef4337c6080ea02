"""A small run of teacher, distillation, backbone file and detector."""

from pathlib import Path

import torch
from mmengine.visualization import Visualizer


def test_from_teacher_to_detector(tool, tmp_path, monkeypatch, capsys):
    module = tool('pretrain_demo')
    commands = []

    def step(name, *argv):
        """Run a tool in this process: a new one would cost eight seconds of imports."""
        commands.append(name)
        Visualizer._instance_dict.clear()
        assert not tool(name.replace('-', '_')).main(argv)

    monkeypatch.setattr(module, 'step', step)
    monkeypatch.chdir(Path(module.__file__).parents[1])
    argv = ['--voc', str(tmp_path / 'voc'), '--crops', str(tmp_path / 'crops')]
    argv += ['--work-dir', str(tmp_path / 'work'), '--images', '8', '2']
    module.main([*argv, '--options', 'train_cfg.max_epochs=1', 'train_dataloader.batch_size=4'])

    assert commands == 'make-sample-voc train train export-backbone train test'.split()
    work = tmp_path / 'work'
    (file,) = work.glob('wld_epoch_1_backbone-*.pth')
    pretrained = torch.load(file)['state_dict']
    student = torch.load(work / 'wld/epoch_1.pth', weights_only=False)['state_dict']
    detector = torch.load(work / 'detector/epoch_1.pth', weights_only=False)['state_dict']
    for name, value in pretrained.items():
        assert torch.equal(value, student[f'backbone.{name}'])
        assert value.shape == detector[f'backbone.{name}'].shape
    change = detector['backbone.layer1.0.conv1.weight'] - pretrained['layer1.0.conv1.weight']
    assert 0 < change.norm() < 0.2 * pretrained['layer1.0.conv1.weight'].norm()
    assert capsys.readouterr().out.splitlines()[-1].startswith('mAP on the test split 0.')
