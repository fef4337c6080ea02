from .ic_conv import ICConv2d, ICLinear, ic_conv2d, ic_linear

__all__ = ['ICConv2d', 'ICLinear', 'ic_conv2d', 'ic_linear']
