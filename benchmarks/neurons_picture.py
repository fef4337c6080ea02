"""The panels of the picture of neurons.py."""

from collections.abc import Sequence

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor, nn

from ic_backbones.ops import ICLinear, ic_linear

FIGURE_2 = {  # of each: w, w', b1 (inner), b2 (outer); the caption swaps the biases
    '(a) MP: σ(x₁ − x₂)': ((1.0, -1.0), None, 0.0, 0.0),
    '(b) IC: σ(x₁ − x₂ + σ(−2x₂))': ((1.0, -1.0), 1.0, 0.0, 0.0),
    '(c) IC: separates XOR': ((0.2805, 0.2805), 1.0, 0.6463, -0.3506),
}


def new_picture() -> tuple[Figure, Sequence[Axes]]:
    """A picture whose upper row is figure 2; the panels of the lower row are free."""
    figure = Figure(figsize=(9.6, 5.2), layout='constrained')
    panels = figure.subplots(2, len(FIGURE_2) + 1)
    for axes, (title, neuron) in zip(panels[0], FIGURE_2.items(), strict=False):
        neuron_panel(axes, title, *neuron)
    legend = panels[0, -1]
    legend.axis('off')
    legend.plot([], [], 'k-', label='where the neuron\nbecomes active')
    legend.plot([], [], 'r--', label="w·x − w'Σx + b₁ = 0")
    legend.legend(loc='center', frameon=False)
    return figure, panels[1]


def neuron_panel(
    axes: Axes, title: str, w: Sequence[float], w_prime: float | None, b1: float, b2: float
) -> None:
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
