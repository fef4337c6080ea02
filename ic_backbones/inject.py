"""Putting new layers into a finished network by a rule.

A leaf (a convolution) is converted in place: the IC layer takes over the ``weight`` object under
the same name. A block whose wiring changes is replaced as a block that keeps its children's names.
So a plain network's checkpoint loads by name after an injection, as it did before.
"""

import re
from collections.abc import Callable

import torch.nn as nn
from mmcv.cnn.bricks import Conv2dAdaptivePadding
from mmcv.cnn.bricks.wrappers import Conv2d as MMCVConv2d

from .ops.ic_conv import ICConv2d, ICConv2dAdaptivePadding
from .ops.ic_layer import has_additions
from .ops.ic_pair import connect

Rule = Callable[[str, nn.Module], bool]


def inject(root: nn.Module, rule: Rule, make: Callable[[nn.Module], nn.Module]) -> list[str]:
    """Replace every submodule that ``rule`` accepts by ``make(submodule)``.

    Args:
        root: The network, which is changed in place.
        rule: A function of each submodule's dotted name and the submodule; it is not asked about
            what lies inside a module that is replaced.
        make: A function that gives the replacement, for example :func:`to_ic_conv`.

    Returns:
        The names of the modules that were replaced.

    Raises:
        ValueError: The rule matches nothing, or a module that ``make`` cannot replace.
    """
    replaced: list[str] = []
    made: dict[nn.Module, nn.Module] = {}  # a module that is shared stays shared

    def visit(parent: nn.Module, prefix: str) -> None:
        for child_name, child in list(parent._modules.items()):
            name = prefix + child_name
            if child is None or child in made.values():
                continue
            if not rule(name, child):
                visit(child, name + '.')
                continue
            if child not in made:
                try:
                    made[child] = make(child)
                except TypeError as error:
                    raise ValueError(f'{type(root).__name__}.{name}: {error}') from None
            setattr(parent, child_name, made[child])
            replaced.append(name)

    visit(root, '')
    if not replaced:
        convs = [n for n, m in root.named_modules() if n and isinstance(m, nn.Conv2d)]
        raise ValueError(
            f'{type(root).__name__}: the rule matches no submodule; its convolutions are '
            + (', '.join(convs) or 'none: give the module that holds them')
        )
    return replaced


def convs_named(pattern: str) -> Rule:
    """The rule of all convolutions whose whole dotted name matches the regular expression."""
    compiled = _compiled(pattern)
    return lambda name, module: (
        isinstance(module, nn.modules.conv._ConvNd) and compiled.fullmatch(name) is not None
    )


def _compiled(pattern: str) -> re.Pattern:
    try:
        return re.compile(pattern)
    except (re.error, TypeError) as error:
        raise ValueError(
            f'{pattern!r}: is not a regular expression ({error}); correct it'
        ) from None


def conv_rule(
    net: nn.Module, name: str = '.*', kernel_size: int | None = None, skip_first: bool = False
) -> Rule:
    """The rule of the convolutions in ``net`` that fit every condition.

    Args:
        net: The network.
        name: A regular expression that the whole dotted name must match; by default any name.
        kernel_size: The size that both edges of the kernel must have; by default any size.
        skip_first: Whether the first of all convolutions is left out.
    """
    named = convs_named(name)
    all_convs = [n for n, m in net.named_modules() if isinstance(m, nn.modules.conv._ConvNd)]

    def rule(full_name: str, module: nn.Module) -> bool:
        return (
            named(full_name, module)
            and (kernel_size is None or set(module.kernel_size) == {kernel_size})
            and not (skip_first and full_name == all_convs[0])
        )

    return rule


def inject_pairs(
    root: nn.Module,
    depthwise: str,
    pointwise: str,
    make: Callable[[nn.Module, nn.Module], nn.Module],
) -> None:
    """Replace pointwise convolutions by what ``make`` gives for them and their depthwise ones.

    The input of each depthwise convolution travels with the maps to the replacement.

    Args:
        root: The network, which is changed in place.
        depthwise: A regular expression of the whole dotted names of the depthwise convolutions.
        pointwise: The same for the pointwise ones; the n-th match of one belongs to the n-th match
            of the other.
        make: A function of a depthwise and a pointwise convolution that gives the replacement of
            the latter.

    Raises:
        ValueError: The two match nothing or different numbers of modules, or ``make`` cannot
            replace one.
    """
    found = [
        {name: module for name, module in root.named_modules() if pattern.fullmatch(name)}
        for pattern in map(_compiled, (depthwise, pointwise))
    ]
    if not found[0] or len(found[0]) != len(found[1]):
        raise ValueError(
            f'{type(root).__name__}: {depthwise!r} matches {len(found[0])} modules and '
            f'{pointwise!r} {len(found[1])}; give expressions that match equally many'
        )
    partner = dict(zip(found[1].values(), found[0].values(), strict=True))
    inject(root, lambda _, conv: conv in partner, lambda conv: make(partner[conv], conv))
    for pair in zip(*found, strict=True):
        connect(root, *pair)


_IC_OF = {
    nn.Conv2d: ICConv2d,
    MMCVConv2d: ICConv2d,
    Conv2dAdaptivePadding: ICConv2dAdaptivePadding,
}


def to_ic_conv(conv: nn.Module, **kwargs) -> ICConv2d:
    """The IC layer in the place of ``conv``, sharing its ``weight`` and ``bias`` objects.

    Args:
        conv: An ``nn.Conv2d``, mmcv's ``Conv2d`` or its ``Conv2dAdaptivePadding`` ("same").
        kwargs: ``alpha``, ``alpha_mode``, ``inner_bias`` and ``scalar`` of :class:`ICConv2d`.

    Raises:
        TypeError: ``conv`` has another forward, hooks or a parametrization, which an IC layer would
            silently drop.
    """
    kind = _IC_OF.get(type(conv))
    if kind is None or has_additions(conv):
        known = ', '.join(f'{cls.__module__}.{cls.__name__}' for cls in _IC_OF)
        raise TypeError(
            f'{type(conv).__module__}.{type(conv).__name__} cannot become an IC layer: only '
            f'{known} without a forward, hooks or parametrization of their own can; leave it out '
            'of the rule'
        )
    return kind.from_conv(conv, **kwargs)
