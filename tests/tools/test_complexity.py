"""The table of parameters and multiply-adds; tests/backbones/ compare them with the papers."""

from ic_backbones_tools import complexity


def test_a_group_and_its_ratios(monkeypatch, capsys):
    groups = [names for names in complexity.RESNETS if 'IC-ResNet-34' in names]
    monkeypatch.setitem(complexity.TABLES, 'resnet', complexity.Table(groups, 224))
    complexity.main([])
    printed = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert printed[0][0] == '224x224' and len(printed) == 4
    assert printed[1] == ['ResNet-34', '21.80', '3.664']
    assert printed[2] == ['IC-ResNet-34', '24.14', '4.080', '+10.7%', '+11.3%']
