# A detector on VOC from scratch: a long warm-up, gradient clipping, six times the schedule.
_from_scratch = dict(
    max_epochs=24,
    param_scheduler=[
        dict(type='LinearLR', start_factor=0.01, by_epoch=False, begin=0, end=2000),
        dict(type='MultiStepLR', by_epoch=True, begin=0, end=24, milestones=[18, 22]),
    ],
    optim_wrapper=dict(optimizer=dict(lr=0.02), clip_grad=dict(max_norm=10, norm_type=2)),
)
