"""The stages of a backbone: which are returned and built, how they start, how deep they lie."""

from collections.abc import Callable, Sequence

INIT_CFG = [
    dict(type='Kaiming', layer='Conv2d'),
    dict(type='Constant', val=1.0, layer='_BatchNorm'),
]


def checked_stages(
    out_indices: Sequence[int], num_stages: int, frozen_stages: int
) -> tuple[tuple[int, ...], int]:
    """``out_indices`` in the order in which a backbone returns them, and the stages to build.

    Args:
        out_indices: The stages to return, from 0.
        num_stages: The number of stages that the backbone has.
        frozen_stages: The number of stages that do not learn; -1: all learn.

    Raises:
        ValueError: ``out_indices`` is empty or names a stage that does not exist, or the frozen
            stages are not a number of stages that are built.
    """
    if type(frozen_stages) is not int or frozen_stages < -1:
        raise ValueError(
            f'frozen_stages: {frozen_stages!r} is not an integer of -1 or more; give one'
        )
    out_indices = tuple(sorted(out_indices))
    if not out_indices or not set(out_indices) <= set(range(num_stages)):
        raise ValueError(
            f'out_indices: {out_indices} are not stages; give one or more of 0..{num_stages - 1}'
        )
    built = out_indices[-1] + 1
    if frozen_stages > built:
        raise ValueError(
            f'frozen_stages: {frozen_stages} is more than the {built} stages that out_indices='
            f'{out_indices} builds; give at most {built}'
        )
    return out_indices, built


def depth_by_stage(
    param_name: str, prefix: str, num_stages: int, stage_of: Callable[[str], int]
) -> tuple[int, int]:
    """The depth of a parameter and the number of depths, for layer-wise learning rates.

    The stem has depth 0, stage i has depth i + 1, and what follows the backbone has the last one.

    Args:
        param_name: The dotted name of the parameter.
        prefix: What the names of the backbone's own parameters start with.
        num_stages: The number of stages.
        stage_of: A function of a name without the prefix that gives its stage, from 0; -1: the
            stem.
    """
    if not param_name.startswith(prefix):
        return num_stages + 1, num_stages + 2
    return stage_of(param_name.removeprefix(prefix)) + 1, num_stages + 2
