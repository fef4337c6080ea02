# CIFAR-10 for a classifier without its backbone. The schedule is IC v1's and v2's: 200 epochs of
# batch 128, 0.1 divided by 10 at 60 and 120, SGD with momentum 0.9, weight decay 1e-4.
_base_ = ['mmpretrain::_base_/datasets/cifar10_bs16.py', './cifar.py']

model = dict(head=dict(num_classes=10))

# data/cifar10 holds {train,test}/<class>/*.jpg, or the archive, which is fetched where it is not.
_data = dict(batch_size=128, dataset=dict(type='ic_backbones.CIFAR10Data'))
train_dataloader = _data
val_dataloader = _data
test_dataloader = _data

param_scheduler = dict(milestones=[60, 120])
