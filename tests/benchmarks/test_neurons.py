"""The script about single neurons: equal sizes, and a table and a picture."""

import neurons
import pytest
import torch

from ic_backbones.errors import InputError


@pytest.mark.parametrize('pairs', [1, 4])
def test_both_kinds_have_equal_parameters(pairs):
    for kind in ('MP', 'IC'):
        net = neurons.network(kind, pairs)
        assert sum(p.numel() for p in net.parameters()) == 12 * pairs + 1


def test_board_of_two_squares_a_side_is_xor():
    x, y = neurons.board(2, seed=0)
    assert torch.equal(y[:, 0].bool(), (x[:, 0] > 0) ^ (x[:, 1] > 0))
    assert not torch.equal(x, neurons.board(2, seed=1)[0])


def test_seeds_are_trained_apart(monkeypatch):
    """A seed gives the same network however many are trained with it, and it learns."""
    monkeypatch.setattr(neurons, 'POINTS', 50)
    one, two = (neurons.train('IC', 2, 2, seeds, steps=30)[0][0] for seeds in (1, 2))
    for own, other in zip(one.parameters(), two.parameters(), strict=True):
        torch.testing.assert_close(own, other, rtol=0, atol=1e-4)
    torch.manual_seed(0)
    start = neurons.network('IC', 2)
    assert not torch.allclose(start[0].w_prime, one[0].w_prime, atol=0.05)


@pytest.mark.parametrize('kind', ['MP', 'IC'])
def test_networks_learn(kind):
    (first,), (last,) = (neurons.train(kind, 2, 2, 1, steps)[1] for steps in (1, 300))
    assert last > max(first, 75)


def test_prints_a_table_and_draws(tmp_path, capsys):
    out = tmp_path / 'new' / 'neurons.png'
    neurons.main(['--seeds', '2', '--steps', '2', '--out', str(out)])
    rows = [line for line in capsys.readouterr().out.splitlines() if line.startswith('| ')]
    assert len(rows) == 1 + len(neurons.SIZES) and all(row.count('|') == 8 for row in rows)
    assert 10_000 < out.stat().st_size < 200_000
    for option in ('--seeds', '--steps'):
        with pytest.raises(SystemExit, match='2'):
            neurons.main([option, '0'])
        sentence = f'error: argument {option}: 0 is not a positive integer; give at least 1\n'
        assert capsys.readouterr().err.endswith(sentence)
    (tmp_path / 'file').touch()
    with pytest.raises(InputError, match=r'the folder cannot be made .*; choose another --out'):
        neurons.main(['--out', str(tmp_path / 'file' / 'x.png')])
    with pytest.raises(InputError, match=r'--out .*x\.unknown: this is not a \.png file; give'):
        neurons.main(['--out', str(tmp_path / 'x.unknown')])
