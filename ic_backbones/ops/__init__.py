from .ic_conv import ICConv2d, ICLinear, ic_conv2d, ic_linear
from .structure_composing import MixedSCLayer, SCLayer
from .super_interaction import DenseFunnel, Exchange, ExchangeShortcut, SIUnit

__all__ = [
    'DenseFunnel',
    'Exchange',
    'ExchangeShortcut',
    'ICConv2d',
    'ICLinear',
    'MixedSCLayer',
    'SCLayer',
    'SIUnit',
    'ic_conv2d',
    'ic_linear',
]
