# Without pretrained weights, for CPUs as well: the small Faster R-CNN in train mode throughout.
# AdamW and batches of 2 learn more in a few epochs than SGD; fewer proposals save time.
_base_ = './faster_rcnn_small.py'
model = dict(
    roi_head=dict(bbox_roi_extractor=dict(roi_layer=dict(sampling_ratio=2))),
    train_cfg=dict(rpn_proposal=dict(nms_pre=100)),
    test_cfg=dict(rpn=dict(nms_pre=100)),
)
optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='AdamW', lr=5e-4, weight_decay=0.05),
    clip_grad=dict(max_norm=10, norm_type=2),
)
# The learning rate above is meant for this batch size, and grows with its square root.
_lr_for = dict(batch_size=2, power=0.5)
