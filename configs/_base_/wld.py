# Weak logit distillation, section 3.3 of IC Networks: lambda falls from 0.9 to 0.1.
custom_hooks = [
    dict(type='ic_backbones.WLDScheduleHook', start=0.9, end=0.1),
    dict(type='ic_backbones.LogAlphaHook'),
]
