_base_ = './ic_resnet18_200e.py'
# Unlike the other blocks, this one trains better if it starts as its shortcut: docs/results_ic.md.
model = dict(backbone=dict(variant='minus', zero_init_residual=True))
