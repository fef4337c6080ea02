from .channels_last import ChannelsLastHook
from .check_checkpoint import CheckCheckpointHook
from .linear_schedule import AlphaScheduleHook, WLDScheduleHook
from .log_alpha import LogAlphaHook
from .safe_checkpoint import SafeCheckpointHook
from .seed_epoch import SeedEpochHook
from .stop_on_non_finite_loss import StopOnNonFiniteLossHook

__all__ = [
    'AlphaScheduleHook',
    'ChannelsLastHook',
    'CheckCheckpointHook',
    'LogAlphaHook',
    'SafeCheckpointHook',
    'SeedEpochHook',
    'StopOnNonFiniteLossHook',
    'WLDScheduleHook',
]
