"""What one IC neuron can do that a McCulloch-Pitts (MP) neuron cannot: a picture and a table.

    python benchmarks/neurons.py [--seeds 100] [--steps 1000] [--out docs/neurons.png]

The upper row is figure 2 of IC Networks (v2): the values of single ReLU neurons over the plane and
the hyperplanes where their slopes change. The lower row shows networks with one hidden layer on a
board of n x n squares whose colours alternate (n = 2 is XOR). The table compares IC and MP neurons
at equal numbers of parameters: an IC neuron has w, w', b1 and b2, so two stand against three MP
neurons. Both see the same points, seed by seed.
"""

import argparse
import statistics
from collections.abc import Sequence

import torch
from command_line import positive, require_picture
from neurons_picture import network_panel, new_picture
from paired import interval, mean
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state, vmap

from ic_backbones.ops import ICLinear
from ic_backbones_tools.command import run_tool

POINTS = 500
SIZES = ((2, 1), (2, 2), (3, 2), (3, 4))  # squares a side, and pairs of IC neurons


def network(kind: str, pairs: int) -> nn.Sequential:
    """A network of ``2 * pairs`` IC neurons, or of ``3 * pairs`` MP neurons: 12 pairs + 1 weights.

    Input (N, 2), output (N, 1), the logit.
    """
    hidden = ICLinear(2, 2 * pairs) if kind == 'IC' else nn.Linear(2, 3 * pairs)
    return nn.Sequential(hidden, nn.ReLU(), nn.Linear(hidden.out_features, 1))


def board(squares: int, seed: int, points: int = POINTS) -> tuple[Tensor, Tensor]:
    """Points of [-1, 1]^2, (points, 2), and the colours of their squares, (points, 1)."""
    generator = torch.Generator().manual_seed(seed)
    x = torch.rand(points, 2, generator=generator) * 2 - 1
    cells = ((x + 1) / 2 * squares).long()
    return x, (cells.sum(1, keepdim=True) % 2).float()


def train(kind: str, squares: int, pairs: int, seeds: int, steps: int) -> tuple[list, list[float]]:
    """Train one network for each seed, all at once.

    Returns:
        The networks, and the percentage of 2,000 other points that each gets right.
    """
    nets = []
    for seed in range(seeds):
        torch.manual_seed(seed)
        nets.append(network(kind, pairs))
    x, y = map(torch.stack, zip(*(board(squares, seed) for seed in range(seeds)), strict=True))
    parameters, _ = stack_module_state(nets)
    logits = vmap(lambda weights, points: functional_call(nets[0], weights, (points,)))
    optimizer = torch.optim.Adam(parameters.values(), lr=0.02)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for _ in range(steps):
        optimizer.zero_grad()
        # The sum over the seeds: the networks do not touch each other.
        losses = nn.functional.binary_cross_entropy_with_logits(
            logits(parameters, x), y, reduction='none'
        )
        losses.mean((1, 2)).sum().backward()
        optimizer.step()
        schedule.step()
    x, y = map(
        torch.stack, zip(*(board(squares, -1 - seed, 2000) for seed in range(seeds)), strict=True)
    )
    with torch.no_grad():
        right = ((logits(parameters, x) > 0) == y.bool()).float().mean((1, 2)) * 100
        for index, net in enumerate(nets):
            net.load_state_dict({name: value[index] for name, value in parameters.items()})
    return nets, right.tolist()


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('--seeds', type=positive, default=100)
    parser.add_argument('--steps', type=positive, default=1000)
    parser.add_argument('--out', default='docs/neurons.png', help='the picture')
    args = parser.parse_args(argv)
    require_picture(args.out, '--out')
    torch.set_num_threads(1)  # with another number, sums are rounded differently
    figure, panels = new_picture()
    print(
        '| squares | parameters | MP neurons | accuracy (%) | IC neurons | accuracy (%) | IC − MP |'
    )
    print('|---|---|---|---|---|---|---|')
    for squares, pairs in SIZES:
        found = {kind: train(kind, squares, pairs, args.seeds, args.steps) for kind in ('MP', 'IC')}
        cells = [f'{squares} × {squares}', str(12 * pairs + 1)]
        for (kind, (nets, right)), neurons in zip(found.items(), (3, 2), strict=True):
            cells += [str(neurons * pairs), mean(right, 1)]
            if (squares, pairs) in ((2, 1), (3, 2)):
                index = right.index(statistics.median_low(right))
                column = 2 * (squares == 3) + (kind == 'IC')
                title = f'{neurons * pairs} {kind} neurons: {right[index]:.0f} % (median)'
                network_panel(panels[column], title, nets[index], *board(squares, index))
        print(
            f'| {" | ".join(cells)} | {interval(found["IC"][1], found["MP"][1], 1)} |', flush=True
        )
    figure.savefig(args.out, dpi=80)
    print(f'\n{args.out}')


if __name__ == '__main__':
    run_tool(main)
