"""IC layers in any backbone.

Source: "IC Networks: Remodeling the Basic Unit for CNNs", section 4.2.
"""

from torch import nn

from ..checkpoint import Match
from ..inject import conv_rule, inject, inject_pairs, to_ic_conv
from ..ops.ic_pair import ICPairConv2d
from ..registry import MODELS
from .adapted import AdaptedBackbone
from .ic_start import start_ic_layers


@MODELS.register_module()
class ICBackbone(AdaptedBackbone):
    """A backbone of mmpretrain, mmdet, timm or this project with IC layers.

    With ``alpha = 0`` the features are the inner backbone's.

    Args:
        backbone, unstrided: As in :class:`AdaptedBackbone`.
        convs: Which convolutions become IC layers: a regular expression of whole dotted names, or
            a dict of ``name``, ``kernel_size`` and ``skip_first`` (:func:`conv_rule`).
        pairs: Which depthwise and pointwise convolutions become one IC layer: a dict of two regular
            expressions, ``depthwise`` and ``pointwise`` (:func:`inject_pairs`).
        alpha, alpha_mode: As in :class:`ICResNet`.

    Raises:
        ValueError: Neither ``convs`` nor ``pairs`` is given, one of them matches nothing, or a
            layer, which is named, cannot be an IC layer.
    """

    def __init__(
        self,
        backbone: dict,
        convs: str | dict | None = None,
        pairs: dict | None = None,
        alpha: float = 1.0,
        alpha_mode: str = 'constant',
        **kwargs,
    ) -> None:
        if convs is None and pairs is None:
            raise ValueError(
                'ICBackbone needs convs, for example dict(kernel_size=3), or '
                "pairs=dict(depthwise=r'...', pointwise=r'...')"
            )
        self.convs, self.pairs, self.start = convs, pairs, dict(alpha=alpha, alpha_mode=alpha_mode)
        super().__init__(backbone, **kwargs)

    def adapt(self, net: nn.Module) -> None:
        if self.convs is not None:
            given = dict(name=self.convs) if isinstance(self.convs, str) else self.convs
            _require_keys('convs', given, {'name', 'kernel_size', 'skip_first'})
            inject(net, conv_rule(net, **given), lambda conv: to_ic_conv(conv, **self.start))
        if self.pairs is not None:
            both = {'depthwise', 'pointwise'}
            _require_keys('pairs', self.pairs, known=both, needed=both)
            inject_pairs(
                net,
                **self.pairs,
                make=lambda *pair: ICPairConv2d.from_pair(*pair, **self.start),
            )

    def after_init(self, match: Match | None) -> None:
        start_ic_layers(self.inner, match)


def _require_keys(
    argument: str, given: dict, known: set[str], needed: set[str] = frozenset()
) -> None:
    if not needed <= set(given) <= known:
        raise ValueError(
            f'{argument} has the keys {", ".join(given) or "none"}; it takes '
            + ', '.join(sorted(known))
        )
