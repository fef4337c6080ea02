# Where the head logs the accuracy on the training images (cal_acc), it is that since the start of
# the epoch.
log_processor = dict(
    type='LogProcessor',
    custom_cfg=[dict(data_src='accuracy_top-1', method_name='mean', window_size='epoch')],
)
