"""What the screening studies share: 20,000 training images, 4 epochs of one cycle, batch 64.

A screen tells which questions deserve a longer study.
"""

BATCHED = {f'{name}_dataloader.dataset.batched': True for name in ('train', 'val')}
WITHOUT_WORKERS = {
    f'{name}_dataloader.{key}': value
    for name in ('train', 'val')
    for key, value in (('num_workers', 0), ('persistent_workers', False))
}


def one_cycle(epochs: int) -> dict:
    """The overrides of a training run of one cycle; the list takes the place of the recipe's."""
    cycle = dict(
        type='OneCycleLR',
        eta_max=0.1,
        total_steps=epochs,
        by_epoch=True,
        convert_to_iter_based=True,
    )
    return {'train_cfg.max_epochs': epochs, 'param_scheduler': [cycle]}


SCREEN = {
    **BATCHED,
    **WITHOUT_WORKERS,
    **one_cycle(4),
    'train_dataloader.dataset.indices': 20000,
    'train_dataloader.batch_size': 64,
    'val_dataloader.dataset.indices': 5000,
    'val_dataloader.batch_size': 250,
    'default_hooks.logger.interval': 13,
    'default_hooks.checkpoint.interval': 1,
    'default_hooks.checkpoint.save_best': None,
    'default_hooks.memory_format': dict(type='ic_backbones.ChannelsLastHook'),
}
