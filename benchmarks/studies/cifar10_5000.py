"""What the studies on CIFAR-10 share: 5,000 training and 2,000 test images, 14 epochs on a core.

Half the recipe's batch and learning rate: with 5,000 images, 39 iterations an epoch are too few.
"""

SMALL = {
    'train_dataloader.dataset.indices': 5000,
    'val_dataloader.dataset.indices': 2000,
    'train_dataloader.batch_size': 64,
    'optim_wrapper.optimizer.lr': 0.05,
    'train_dataloader.dataset.batched': True,
    'val_dataloader.dataset.batched': True,
    'train_dataloader.num_workers': 0,
    'val_dataloader.num_workers': 0,
    'train_dataloader.persistent_workers': False,
    'val_dataloader.persistent_workers': False,
    'train_cfg.max_epochs': 14,
    'param_scheduler.milestones': [9, 12],
    'default_hooks.logger.interval': 10,
    'default_hooks.checkpoint.save_best': None,
}
# A quarter of the channels; the first stage halves the image, so that 14 epochs fit.
NARROW_RESNET = {
    'model.backbone.stem_channels': 16,
    'model.backbone.base_channels': 16,
    'model.backbone.strides': (2, 2, 2, 2),
    'model.head.in_channels': 128,
}
# mmpretrain's VGG has no width; SfNet without composed scales is VGG with one.
NARROW_VGG = {'type': 'ic_backbones.SfNet', 'composed_scales': (), 'base_channels': 16}


def with_ic(name: str, config: str, narrow: dict, channels: int = 128) -> dict[str, dict]:
    """The rows of a network and of its IC form, with the overrides that make both narrow."""
    rows = {}
    for label, file, path, against in (
        (name, config, 'model.backbone.', {}),
        (f'IC-{name}', f'ic_{config}', 'model.backbone.backbone.', dict(against=name)),
    ):
        options = {path + key: value for key, value in narrow.items()}
        options['model.head.in_channels'] = channels
        rows[label] = dict(config=f'configs/cifar10/{file}.py', options=options, **against)
    return rows
