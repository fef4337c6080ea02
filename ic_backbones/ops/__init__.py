from .._requirements import require

require('mmcv')

from .ic_conv import ICConv2d, ic_conv2d  # noqa: E402
from .ic_layer import ICLayer, ic_layers  # noqa: E402
from .ic_linear import ICLinear, ic_linear  # noqa: E402
from .ic_pair import ICPairConv2d  # noqa: E402
from .structure_composing import MixedSCLayer, SCLayer  # noqa: E402
from .super_interaction import DenseFunnel, Exchange, ExchangeShortcut, SIUnit  # noqa: E402

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
