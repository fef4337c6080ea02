# CIFAR-100 for a classifier without its backbone, the schedule of SINet's ablations: 150 epochs of
# batch 128, 0.01 divided by 10 after 80, SGD with momentum 0.9. Weight decay 5e-4 is our choice.
_base_ = ['mmpretrain::_base_/datasets/cifar100_bs16.py', './cifar.py']

model = dict(head=dict(num_classes=100))

# data/cifar100 holds {train,test}/<class>/*.jpg, or the archive, which is fetched where it is not.
_data = dict(batch_size=128, dataset=dict(type='ic_backbones.CIFAR100Data'))
train_dataloader = _data
val_dataloader = _data
test_dataloader = _data

train_cfg = dict(max_epochs=150)
optim_wrapper = dict(optimizer=dict(lr=0.01, weight_decay=5e-4))
param_scheduler = dict(milestones=[80])
