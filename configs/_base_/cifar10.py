# CIFAR-10 for a classifier that still lacks its backbone. The schedule is that of IC v1 and v2:
# 200 epochs with batches of 128, a learning rate of 0.1 divided by 10 after 60 and 120 epochs,
# SGD with momentum 0.9, weight decay 1e-4.
_base_ = ['mmpretrain::_base_/datasets/cifar10_bs16.py', './cifar.py']

model = dict(head=dict(num_classes=10))

# data/cifar10 holds {train,test}/<class>/*.jpg or the archive, which is downloaded if it is
# missing.
_data = dict(batch_size=128, dataset=dict(type='ic_backbones.CIFAR10Data'))
train_dataloader = _data
val_dataloader = _data
test_dataloader = _data

param_scheduler = dict(milestones=[60, 120])
