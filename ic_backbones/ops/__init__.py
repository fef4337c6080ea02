from .ic_conv import ICConv2d, ic_conv2d
from .ic_layer import ICLayer, ic_layers
from .ic_linear import ICLinear, ic_linear
from .ic_pair import ICPairConv2d
from .structure_composing import MixedSCLayer, SCLayer
from .super_interaction import DenseFunnel, Exchange, ExchangeShortcut, SIUnit

__all__ = [
    'DenseFunnel',
    'Exchange',
    'ExchangeShortcut',
    'ICConv2d',
    'ICLayer',
    'ICLinear',
    'ICPairConv2d',
    'MixedSCLayer',
    'SCLayer',
    'SIUnit',
    'ic_conv2d',
    'ic_layers',
    'ic_linear',
]
