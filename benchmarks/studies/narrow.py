"""Networks at a quarter of their channels, for a CPU, and a learned alpha."""

# The first stage halves the image, so that a training fits a core.
NARROW_RESNET = {'stem_channels': 16, 'base_channels': 16, 'strides': (2, 2, 2, 2)}
LEARNED = {  # an alpha that starts at 0, without weight decay
    'model.backbone.alpha': 0.0,
    'model.backbone.alpha_mode': 'learned',
    'optim_wrapper.paramwise_cfg': dict(custom_keys={'.alpha': dict(decay_mult=0.0)}),
}
# mmpretrain's VGG has no width; SfNet without composed scales is VGG with one.
NARROW_VGG = {'type': 'ic_backbones.SfNet', 'composed_scales': (), 'base_channels': 16}


def scheduled(start: float, end: float) -> dict:
    """The overrides of an alpha that changes linearly; W' is drawn as where alpha starts at 0."""
    hook = dict(type='ic_backbones.AlphaScheduleHook', start=start, end=end)
    return {
        'model.backbone.alpha': 0.0,
        'model.backbone.alpha_mode': 'scheduled',
        'custom_hooks': [hook],
    }


def changed(row: dict, *options: dict, **keys: int | str | list[str]) -> dict:
    """A row with further overrides and other keys."""
    merged = dict(row.get('options', {}))
    for option in options:
        merged |= option
    return row | dict(options=merged) | keys


def resnet(config: str, *options: dict, **keys: int | str | list[str]) -> dict:
    """The row of a narrow ResNet-18 with further overrides."""
    narrow = {f'model.backbone.{key}': value for key, value in NARROW_RESNET.items()}
    row = dict(config=f'configs/cifar10/{config}.py')
    return changed(row, narrow, {'model.head.in_channels': 128}, *options, **keys)


def with_ic(name: str, config: str, narrow: dict, channels: int = 128) -> dict[str, dict]:
    """The rows of a network and of its IC form, with the overrides that make both narrow."""
    rows = {}
    for label, file, path in (
        (name, config, 'model.backbone.'),
        (f'IC-{name}', f'ic_{config}', 'model.backbone.backbone.'),
    ):
        options = {path + key: value for key, value in narrow.items()}
        options['model.head.in_channels'] = channels
        rows[label] = dict(config=f'configs/cifar10/{file}.py', options=options, against=name)
    return rows


VGG = with_ic('VGG-16', 'vgg16_200e', NARROW_VGG)
