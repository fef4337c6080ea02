# The joint decision of SINet, without its channels.
_joint_head = dict(
    type='ic_backbones.JointDecisionHead',
    cal_acc=True,
    loss=dict(type='CrossEntropyLoss', loss_weight=1.0),
)
_joint_head_cifar100 = dict(_joint_head, attention_channels=0.25)  # table 4
