"""What one IC neuron can do that a McCulloch-Pitts (MP) neuron cannot: a picture and a table.

    python benchmarks/neurons.py [--seeds 20] [--steps 1000] [--out docs/neurons.png]

The upper row is figure 2 of IC Networks (v2): the values of single ReLU neurons over the plane and
the hyperplanes where their slopes change. The lower row shows networks with one hidden layer on a
board of n x n squares whose colours alternate (n = 2 is XOR). The table compares IC and MP neurons
at equal numbers of parameters: an IC neuron has w, w', b1 and b2, so two stand against three MP
neurons. Both see the same points, seed by seed.
"""

import argparse
import statistics
from collections.abc import Sequence
from pathlib import Path

import torch
from matplotlib.figure import Figure
from study_compare import interval
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state, vmap

from ic_backbones.errors import InputError
from ic_backbones.ops import ICLinear, ic_linear
from ic_backbones_tools.command import run_tool

POINTS = 500
SIZES = ((2, 1), (2, 2), (3, 2), (3, 4))  # squares a side, and pairs of IC neurons
FIGURE_2 = {  # of each: w, w', b1 (inner), b2 (outer); the caption swaps the biases
    '(a) MP: σ(x₁ − x₂)': ((1.0, -1.0), None, 0.0, 0.0),
    '(b) IC: σ(x₁ − x₂ + σ(−2x₂))': ((1.0, -1.0), 1.0, 0.0, 0.0),
    '(c) IC: separates XOR': ((0.2805, 0.2805), 1.0, 0.6463, -0.3506),
}


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


def neuron_panel(axes, title: str, w: Sequence[float], w_prime, b1: float, b2: float) -> None:
    """The values of a single ReLU neuron, the lines where its slope changes, and XOR's corners."""
    x = grid(-1.5, 1.5)
    weight = torch.tensor([w])
    inner = None
    if w_prime is None:
        before = x @ weight.T + b2
    else:
        own, *biases = (torch.tensor([value]) for value in (w_prime, b2, b1))
        before = ic_linear(x, weight, own, *biases)
        inner = x @ (weight - w_prime).T + b1
    shade(axes, x, before.relu(), title)
    lines(axes, x, before, 'k-')
    if inner is not None:
        lines(axes, x, inner, 'r--')
    axes.plot([0, 1], [0, 1], 'wo', [0, 1], [1, 0], 'ws', markeredgecolor='k', markersize=5)


def network_panel(axes, title: str, net: nn.Sequential, points: Tensor, labels: Tensor) -> None:
    """What a network says, the hyperplanes of its hidden neurons, and its training points."""
    x = grid(-1, 1)
    with torch.no_grad():
        shade(axes, x, net(x).sigmoid(), title)
        hidden = net[0]
        for index, before in enumerate(hidden(x).T):
            lines(axes, x, before, 'k-')
            if isinstance(hidden, ICLinear):
                inner = x @ (hidden.weight[index] - hidden.w_prime[index])
                lines(axes, x, inner + hidden.inner_bias[index], 'r--')
    for label, marker in ((0, 'o'), (1, 's')):
        chosen = points[labels[:, 0] == label][:60]
        axes.plot(*chosen.T, marker, color='w', markeredgecolor='k', markersize=2.5, mew=0.4)


def grid(low: float, high: float, edge: int = 161) -> Tensor:
    """(edge * edge, 2)."""
    line = torch.linspace(low, high, edge)
    return torch.cartesian_prod(line, line)


def shade(axes, x: Tensor, values: Tensor, title: str) -> None:
    edge = round(len(x) ** 0.5)
    extent = 2 * [float(x.min()), float(x.max())]
    axes.imshow(values.view(edge, edge).T, origin='lower', extent=extent, cmap='Blues')
    axes.set_title(title, fontsize=9)


def lines(axes, x: Tensor, values: Tensor, style: str) -> None:
    """Where ``values`` are 0."""
    edge = round(len(x) ** 0.5)
    line = x[:edge, 1]
    color, dashes = style[0], style[1:]
    axes.contour(
        line, line, values.view(edge, edge).T, [0], colors=color, linestyles=dashes, linewidths=1
    )


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('--seeds', type=int, default=20)
    parser.add_argument('--steps', type=int, default=1000)
    parser.add_argument('--out', default='docs/neurons.png', help='the picture')
    args = parser.parse_args(argv)
    if args.seeds < 1 or args.steps < 1:
        raise InputError('--seeds and --steps: these must be positive; give at least 1')
    figure = Figure(figsize=(9.6, 5.2), layout='constrained')
    panels = figure.subplots(2, len(FIGURE_2) + 1)
    for axes, (title, neuron) in zip(panels[0], FIGURE_2.items(), strict=False):
        neuron_panel(axes, title, *neuron)
    panels[0, -1].axis('off')
    panels[0, -1].plot([], [], 'k-', label='where the neuron\nbecomes active')
    panels[0, -1].plot([], [], 'r--', label="w·x − w'Σx + b₁ = 0")
    panels[0, -1].legend(loc='center', frameon=False)
    print(
        '| squares | parameters | MP neurons | accuracy (%) | IC neurons | accuracy (%) | IC − MP |'
    )
    print('|---|---|---|---|---|---|---|')
    for squares, pairs in SIZES:
        found = {kind: train(kind, squares, pairs, args.seeds, args.steps) for kind in ('MP', 'IC')}
        cells = [f'{squares} × {squares}', str(12 * pairs + 1)]
        for (kind, (nets, right)), neurons in zip(found.items(), (3, 2), strict=True):
            spread = f' ± {statistics.stdev(right):.1f}' if args.seeds > 1 else ''
            cells += [str(neurons * pairs), f'{statistics.mean(right):.1f}{spread}']
            if (squares, pairs) in ((2, 1), (3, 2)):
                index = right.index(statistics.median_low(right))
                column = 2 * (squares == 3) + (kind == 'IC')
                title = f'{neurons * pairs} {kind} neurons: {right[index]:.0f} % (median)'
                network_panel(panels[1, column], title, nets[index], *board(squares, index))
        print(
            f'| {" | ".join(cells)} | {interval(found["IC"][1], found["MP"][1], 1)} |', flush=True
        )
    try:
        Path(args.out).parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(args.out, dpi=80)
    except (OSError, ValueError) as error:
        raise InputError(
            f'{args.out}: the picture cannot be written ({error}); choose another --out'
        ) from error
    print(f'\n{args.out}')


if __name__ == '__main__':
    run_tool(main)
