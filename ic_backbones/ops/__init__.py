from .ic_conv import ICConv2d, ICLinear, ic_conv2d, ic_linear
from .structure_composing import MixedSCLayer, SCLayer

__all__ = ['ICConv2d', 'ICLinear', 'MixedSCLayer', 'SCLayer', 'ic_conv2d', 'ic_linear']
