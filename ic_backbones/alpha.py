"""The ``alpha`` of each IC layer."""

from collections.abc import Mapping

from torch import Tensor


def alphas(state: Mapping[str, Tensor]) -> dict[str, float]:
    """Learned and scheduled alphas of a state dict, by the name of their layer."""
    return {
        name.rpartition('.')[0]: float(value)
        for name, value in state.items()
        if name.rpartition('.')[2] == 'alpha'
    }
