_base_ = './ic_resnet18_200e.py'
# It starts as its shortcut, which made no clear difference in short trainings (docs/results_ic.md).
model = dict(backbone=dict(variant='minus', zero_init_residual=True))
