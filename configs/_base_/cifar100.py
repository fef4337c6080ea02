# CIFAR-100 for a classifier that still lacks its backbone, with the schedule of SINet's
# ablations: 150 epochs with batches of 128, a learning rate of 0.01 divided by 10 after 80
# epochs, SGD with momentum 0.9. The weight decay of 5e-4 is our choice.
_base_ = ['mmpretrain::_base_/datasets/cifar100_bs16.py', './cifar.py']

model = dict(head=dict(num_classes=100))

# data/cifar100 holds {train,test}/<class>/*.jpg or the archive, which is downloaded if it is
# missing.
_data = dict(batch_size=128, dataset=dict(type='ic_backbones.CIFAR100Data'))
train_dataloader = _data
val_dataloader = _data
test_dataloader = _data

train_cfg = dict(max_epochs=150)
optim_wrapper = dict(optimizer=dict(lr=0.01, weight_decay=5e-4))
param_scheduler = dict(milestones=[80])
