# AlexNet (SINet's table 2: 62.5 top-1), on the schedule of the ResNets but with its usual learning
# rate of 0.01, since it has no norms.
_base_ = '../_base_/imagenet.py'

model = dict(
    type='ImageClassifier',
    backbone=dict(type='AlexNet', num_classes=1000),
    head=dict(type='ClsHead', loss=dict(type='CrossEntropyLoss'), topk=(1, 5), cal_acc=True),
)
optim_wrapper = dict(optimizer=dict(lr=0.01))
