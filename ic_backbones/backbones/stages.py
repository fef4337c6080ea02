"""Which stages of a backbone are asked for, and so built."""

from collections.abc import Sequence


def checked_stages(
    out_indices: Sequence[int], num_stages: int, frozen_stages: int
) -> tuple[tuple[int, ...], int]:
    """``out_indices`` in the order in which a backbone returns them, and the stages to build.

    Args:
        out_indices: Stages to return, from 0.
        num_stages: Stages that the backbone has.
        frozen_stages: Stages that do not learn; -1: all learn.

    Raises:
        ValueError: No stage is asked for, one that is not there, or more are frozen than built.
    """
    out_indices = tuple(sorted(out_indices))
    if not out_indices or not set(out_indices) <= set(range(num_stages)):
        raise ValueError(f'out_indices {out_indices} are to be one or more of 0..{num_stages - 1}')
    built = out_indices[-1] + 1
    if frozen_stages > built:
        raise ValueError(
            f'frozen_stages={frozen_stages}, but out_indices {out_indices} end after stage {built}'
        )
    return out_indices, built
