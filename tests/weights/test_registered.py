"""A model is built from a checkpoint's config only if its types are registered classes."""

import pytest

from ic_backbones.errors import InputError
from ic_backbones.weights.registered import require_registered


def test_only_registered_classes_are_built():
    """mmengine would import and call what `type` names."""
    net = dict(
        type='ic_backbones.ICResNet', norm_cfg=dict(type='BN'), init_cfg=[dict(type='Normal')]
    )
    head = dict(type='mmpretrain.LinearClsHead', loss=dict(type='CrossEntropyLoss'))
    augments = dict(augments=[dict(type='Mixup', alpha=0.2)])
    model = dict(type='ImageClassifier', backbone=net, head=head, train_cfg=augments)
    require_registered(model, 'a.pth')
    for kind in (
        'os.system',
        'mmengine.load',
        'mmdet.LinearClsHead',
        'this',
        'AutoModelForCausalLM',
    ):
        for place in (dict(type=kind), dict(model, neck=dict(a=[(dict(type=kind),)]))):
            with pytest.raises(InputError, match=f"a.pth: .* asks for type='{kind}', which"):
                require_registered(place, 'a.pth')
