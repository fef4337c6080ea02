"""IC layers in any backbone.

Source: An et al., "IC Networks: Remodeling the Basic Unit for Convolutional Neural Networks"
(https://arxiv.org/abs/2102.03495), section 4.2.
"""

from torch import nn

from ..inject import conv_rule, inject, inject_pairs, to_ic_conv
from ..ops.ic_pair import ICPairConv2d
from ..registry import MODELS
from .adapted import AdaptedBackbone
from .ic_start import log_ic_start


@MODELS.register_module()
class ICBackbone(AdaptedBackbone):
    """A backbone of mmpretrain, mmdet, timm or this project with IC layers.

    With ``alpha = 0`` the features are the inner backbone's.

    Args:
        backbone: The config of the inner backbone, such as
            ``dict(type='mmpretrain.ResNeXt', depth=50)``.
        convs: The convolutions that become IC layers: a regular expression of whole dotted names,
            or a dict of ``name``, ``kernel_size`` and ``skip_first`` (see ``inject.conv_rule``).
        pairs: The depthwise and pointwise convolutions of which two become one IC layer: a dict of
            two regular expressions, ``depthwise`` and ``pointwise`` (see ``inject.inject_pairs``).
        alpha: The scale of the collision terms, or its start: 1 from scratch, 0 to start from plain
            weights. By default 1; but if ``pairs`` are given and neither ``alpha`` nor
            ``alpha_mode`` is, all layers learn it from 0, which was better than the paper's
            constant 1 in a narrow MobileNet (docs/results_ic.md).
        alpha_mode: ``'constant'`` (the default), ``'learned'`` (one scalar for each layer) or
            ``'scheduled'`` (``AlphaScheduleHook`` sets it).
        scalar: Whether the IC layers of ``convs`` have the form of eq. 5, which eq. 6 replaces: one
            scalar for each output channel over the sum of all input channels. ``pairs`` do not.
        kwargs: ``unstrided`` and ``deploy`` of :class:`AdaptedBackbone`.

    Attributes:
        out_channels: The number of channels of each output.
        out_strides: The stride of each output against the input; 0 if the output is not a map.

    Raises:
        ValueError: Neither ``convs`` nor ``pairs`` is given, one of them matches nothing, or a
            layer, which is named, cannot become an IC layer.
    """

    def __init__(
        self,
        backbone: dict,
        convs: str | dict | None = None,
        pairs: dict | None = None,
        alpha: float | None = None,
        alpha_mode: str | None = None,
        scalar: bool = False,
        **kwargs,
    ) -> None:
        if convs is None and pairs is None:
            raise ValueError(
                'ICBackbone: has neither convs nor pairs; give convs, such as dict(kernel_size=3), '
                "or pairs=dict(depthwise=r'...', pointwise=r'...')"
            )
        if scalar and pairs is not None:
            raise ValueError('scalar: pairs do not have the form of eq. 5; leave one of them out')
        self.scalar = scalar
        self.convs, self.pairs = convs, pairs
        if pairs is not None and alpha is None and alpha_mode is None:
            alpha, alpha_mode = 0.0, 'learned'
        self.start = dict(
            alpha=1.0 if alpha is None else alpha,
            alpha_mode='constant' if alpha_mode is None else alpha_mode,
        )
        super().__init__(backbone, **kwargs)

    def adapt(self, net: nn.Module) -> None:
        if self.convs is not None:
            given = dict(name=self.convs) if isinstance(self.convs, str) else self.convs
            _require_keys('convs', given, {'name', 'kernel_size', 'skip_first'})
            inject(
                net,
                conv_rule(net, **given),
                lambda conv: to_ic_conv(conv, scalar=self.scalar, **self.start),
            )
        if self.pairs is not None:
            both = {'depthwise', 'pointwise'}
            _require_keys('pairs', self.pairs, known=both, needed=both)
            inject_pairs(
                net,
                **self.pairs,
                make=lambda *pair: ICPairConv2d.from_pair(*pair, **self.start),
            )
        net.register_load_state_dict_post_hook(log_ic_start)


def _require_keys(
    argument: str, given: dict, known: set[str], needed: set[str] = frozenset()
) -> None:
    if not needed <= set(given) <= known:
        raise ValueError(
            f'{argument}: has the keys {", ".join(given) or "none"}; give '
            f'{"all" if needed else "some"} of ' + ', '.join(sorted(known))
        )
