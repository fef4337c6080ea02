from .check_checkpoint import CheckCheckpointHook
from .stop_on_non_finite_loss import StopOnNonFiniteLossHook

__all__ = ['CheckCheckpointHook', 'StopOnNonFiniteLossHook']
