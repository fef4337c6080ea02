import pytest
import torch
from mmdet.datasets import VOCDataset
from mmdet.registry import MODELS as MMDET_MODELS
from mmengine.config import Config
from mmengine.registry import DATASETS as ROOT_DATASETS

from ic_backbones.datasets import VOCStyleDataset
from ic_backbones.datasets.voc.sample import make_sample_voc
from ic_backbones.datasets.voc.shapes import CLASSES
from ic_backbones.errors import InputError

PIPELINE = [
    {'type': 'mmdet.LoadImageFromFile'},
    {'type': 'mmdet.LoadAnnotations', 'with_bbox': True},
    {'type': 'mmdet.Resize', 'scale': (64, 64), 'keep_ratio': True},  # cuts boxes at the rim
    {'type': 'mmdet.FilterAnnotations', 'min_gt_bbox_wh': (0, 0), 'keep_empty': False},
    {'type': 'mmdet.PackDetInputs', 'meta_keys': ('img_id', 'img_shape')},
]


def read(root, split='train', classes=('cat', 'dog'), **kwargs) -> VOCStyleDataset:
    return VOCStyleDataset(
        data_root=str(root),
        ann_file=f'ImageSets/Main/{split}.txt',
        metainfo={'classes': classes},
        **kwargs,
    )


def boxes(dataset) -> list[list[tuple]]:
    """Per image, (box, label, ignored) of each object."""
    return [
        [(item['bbox'], item['bbox_label'], item['ignore_flag']) for item in data['instances']]
        for data in dataset
    ]


def test_any_image_suffix_and_coordinates_as_written(write_voc):
    files = ('a.png', 'b.JPG', 'c.d.Jpeg', 'sub.bmp')
    root = write_voc({file: [('dog', (1, 2, 7, 9))] for file in files}, {'train': 'a b c.d sub'})
    dataset = read(root)
    assert [data['img_path'].rsplit('/')[-1] for data in dataset] == list(files)
    assert boxes(dataset) == [[([1, 2, 7, 9], 1, 0)]] * 4
    assert boxes(read(root, minus_one=True)) == [[([0, 1, 6, 8], 1, 0)]] * 4
    assert read(root, pipeline=PIPELINE)[2]['inputs'].shape == (3, 48, 64)


def test_blank_lines_and_spaces_in_a_split_file(write_voc):
    root = write_voc({'a.jpg': [], 'b.jpg': []}, {'train': ''})
    (root / 'ImageSets/Main/train.txt').write_text('a \r\n\nb\n\n')
    assert [data['img_id'] for data in read(root)] == ['a', 'b']


def test_small_boxes_count_unless_bbox_min_size_is_given(write_voc):
    root = write_voc({'a.jpg': [('cat', (0, 0, 5, 30)), ('cat', (0, 0, 9, 9), 1)]}, {'train': 'a'})
    assert [ignored for *_, ignored in boxes(read(root))[0]] == [0, 1]
    strict = read(root, filter_cfg={'bbox_min_size': 6})
    assert [ignored for *_, ignored in boxes(strict)[0]] == [1, 1]


def test_zero_size_boxes_are_dropped_and_their_image_stays(write_voc):
    root = write_voc(
        {
            'a.jpg': [('cat', (4, 4, 4, 9)), ('cat', (4, 4, 9, 4)), ('cat', (4, 4, 5, 5))],
            'b.jpg': [('cat', (9, 9, 9, 9)), ('cat', (9, 9, 5, 12))],
        },
        {'train': 'a b'},
    )
    assert boxes(read(root)) == [[([4, 4, 5, 5], 0, 0)], []]
    assert boxes(read(root, test_mode=True)) == [[([4, 4, 5, 5], 0, 0)], []]
    assert len(read(root, filter_cfg={'filter_empty_gt': True})) == 1


def test_sample_set(tmp_path):
    make_sample_voc(tmp_path, train=3, val=1, size=(96, 72))
    dataset = read(tmp_path, 'trainval', CLASSES)
    assert len(dataset) == 4
    assert all(data['instances'] for data in dataset)


@pytest.mark.parametrize('name', ['VOCStyleDataset', 'ic_backbones.VOCStyleDataset'])
def test_registered(name, write_voc):
    root = write_voc({'a.jpg': []}, {'train': 'a'})
    dataset = ROOT_DATASETS.build(
        {
            'type': name,
            'data_root': str(root),
            'ann_file': 'ImageSets/Main/train.txt',
            'metainfo': {'classes': ('cat',)},
        }
    )
    assert isinstance(dataset, VOCStyleDataset) and len(dataset) == 1


@pytest.mark.parametrize('classes', [None, ()])
def test_classes_must_be_given(write_voc, classes):
    root = write_voc({'a.jpg': []}, {'train': 'a'})
    with pytest.raises(InputError, match=r'metainfo=dict\(classes=\('):
        read(root, classes=classes)


def test_classes_without_the_comma(write_voc):
    root = write_voc({'a.jpg': []}, {'train': 'a'})
    with pytest.raises(InputError, match=r"classes=\('cat',\)\), with the comma"):
        read(root, classes=('cat'))


def test_a_class_that_is_listed_twice(write_voc):
    root = write_voc({'a.jpg': []}, {'train': 'a'})
    with pytest.raises(InputError, match="the classes have 'cat' twice; list it once"):
        read(root, classes=('cat', 'dog', 'cat'))


@pytest.mark.parametrize('difficult', ['', ' ', 'Unspecified', '0', '0.0'])
def test_what_is_not_said_to_be_difficult(write_voc, difficult):
    root = write_voc({'a.jpg': [('cat', (2, 2, 9, 9), difficult)]}, {'train': 'a'})
    assert boxes(read(root)) == [[([2, 2, 9, 9], 0, 0)]]


def test_a_split_file_must_be_named(write_voc):
    root = write_voc({'a.jpg': []}, {'train': 'a'})
    for ann_file in ({}, {'ann_file': 'ImageSets/Main'}):
        with pytest.raises(InputError, match='is not a split file; name one, such as Im'):
            VOCStyleDataset(data_root=str(root), metainfo={'classes': ('cat',)}, **ann_file)


def test_of_images_with_one_id_the_jpg_is_read(write_voc):
    root = write_voc({'a.bmp': [], 'a.jpg': [], 'a.tif': []}, {'train': 'a'})
    assert read(root)[0]['img_path'] == str(root / 'JPEGImages/a.jpg')


def test_an_id_with_a_suffix(write_voc):
    root = write_voc({'a.jpg': []}, {'train': 'a.jpg'})
    with pytest.raises(
        InputError, match='an id is a path below JPEGImages/ without suffix, so it must be a;'
    ):
        read(root)


@pytest.mark.parametrize(
    ('gone', 'sentence'),
    [
        (
            'JPEGImages/a.jpg',
            r'JPEGImages/a\.\*: there is no image with this id; add it, or remove a from .*train',
        ),
        (
            'Annotations/a.xml',
            r'Annotations/a\.xml: there is no such file; add or correct it, or remove a from',
        ),
        ('ImageSets/Main/train.txt', r'train\.txt: not found; put the data \(JPEGImages/.*\) into'),
    ],
)
def test_a_missing_file_is_named(write_voc, gone, sentence):
    root = write_voc({'a.jpg': []}, {'train': 'a'})
    (root / gone).unlink()
    with pytest.raises(InputError, match=sentence):
        read(root)


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(InputError, match='nowhere: not found; put the data'):
        read(tmp_path / 'nowhere')


@pytest.mark.parametrize(
    'text',
    [
        '',
        '<annotation><object>',
        '<annotation><object><name>cat</name></object></annotation>',
        '<annotation><size><width>inf</width><height>1</height></size></annotation>',
        '<annotation><object><name>cat</name><bndbox><xmin>nan</xmin></bndbox></object>'
        '</annotation>',
        '<annotation><size><width>x</width><height>1</height></size></annotation>',
    ],
)
def test_a_broken_annotation_is_named(write_voc, text):
    root = write_voc({'a.jpg': []}, {'train': 'a'})
    (root / 'Annotations/a.xml').write_text(text)
    with pytest.raises(InputError, match=r'Annotations/a\.xml: .*; add or correct it, or remove a'):
        read(root)


# What the stock VOC configs need: mmdet's own dataset keeps zero-size boxes.

SMALL_HEADS = {
    'faster-rcnn': {
        'rpn_head': {'in_channels': 8, 'feat_channels': 8},
        'roi_head': {
            'bbox_roi_extractor': {'out_channels': 8},
            'bbox_head': {'in_channels': 8, 'fc_out_channels': 8},
        },
    },
    'retinanet': {'bbox_head': {'in_channels': 8, 'feat_channels': 8}},
}


def training_loss(detector: str, item: dict) -> torch.Tensor:
    config = Config.fromstring(f"_base_ = 'mmdet::_base_/models/{detector}_r50_fpn.py'", '.py')
    model = config.model
    model.backbone.update(depth=18, init_cfg=None)
    model.neck.update(in_channels=[64, 128, 256, 512], out_channels=8)
    config.merge_from_dict({'model': SMALL_HEADS[detector]})
    torch.manual_seed(0)
    model = MMDET_MODELS.build(config.model)
    batch = {'inputs': [item['inputs']], 'data_samples': [item['data_samples']]}
    return model.parse_losses(model(**model.data_preprocessor(batch, True), mode='loss'))[0]


@pytest.mark.parametrize('detector', SMALL_HEADS)
def test_filter_annotations_keeps_the_loss_finite(write_voc, detector):
    root = write_voc(
        {
            'a.jpg': [('cat', (10, 10, 10, 10)), ('cat', (3, 3, 25, 25))],
            'b.jpg': [('cat', (10, 10, 10, 10)), ('cat', (70, 10, 90, 30))],  # none in the image
        },
        {'train': 'a b'},
        size=(64, 64),
    )

    def items(pipeline):
        return VOCDataset(
            data_root=str(root),
            ann_file='ImageSets/Main/train.txt',
            data_prefix={'sub_data_root': ''},
            metainfo={'classes': ('cat',)},
            pipeline=pipeline,
        )

    mixed, negative = items(PIPELINE)
    assert mixed['data_samples'].gt_instances.bboxes.tensor.tolist() == [[2, 2, 24, 24]]
    assert len(negative['data_samples'].gt_instances) == 0
    assert negative['data_samples'].img_id == 'b'
    assert training_loss(detector, mixed).isfinite()
    assert training_loss(detector, negative).isfinite()

    without_filter = [step for step in PIPELINE if 'Filter' not in step['type']]
    for item in items(without_filter):
        assert not training_loss(detector, item).isfinite()
