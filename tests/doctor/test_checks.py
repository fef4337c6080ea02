from mmengine.config import ConfigDict

from ic_backbones.doctor.checks import check_heads


def test_heads():
    def found(model):
        problems = check_heads(ConfigDict(model), ('cat', 'dog'))
        return [(problem.file, problem.message) for problem in problems]

    message = "is {}, but the data set has 2 classes ('cat', 'dog')"
    assert found({'roi_head': {'bbox_head': {'num_classes': 2}}}) == []
    assert found({'roi_head': {'bbox_head': {'type': 'BBoxHead'}}}) == [
        ('model.roi_head.bbox_head.num_classes', message.format(80))
    ]
    assert found({'roi_head': {'bbox_head': [{'num_classes': 2}, {'num_classes': 20}]}}) == [
        ('model.roi_head.bbox_head.1.num_classes', message.format(20))
    ]
    assert found({'bbox_head': {'num_classes': 3}}) == [
        ('model.bbox_head.num_classes', message.format(3))
    ]
