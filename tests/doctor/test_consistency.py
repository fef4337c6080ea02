"""Conventions that were mixed up: orientations, widths for edges, names that nearly agree."""

import shutil

import cv2
import numpy as np
import pytest
from PIL import ExifTags, Image

from ic_backbones.datasets.voc.shapes import draw
from ic_backbones.datasets.voc.splits import splits_of_config, splits_of_folder
from ic_backbones.doctor import Kind, check_quick, diagnose
from ic_backbones.errors import InputError

BOX = (2, 2, 20, 20)


def problems(root, classes=('cat', 'dog')) -> list[tuple]:
    return [
        (kind, message) for kind, _, message in diagnose(splits_of_folder(root, classes)).problems
    ]


def turn(file, orientation: int) -> None:
    """Write into the file how a viewer must turn the image."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    with Image.open(file) as image:
        image.save(file, exif=exif)


@pytest.mark.parametrize(
    ('orientation', 'name'),
    [(6, 'rotated by 90 degrees'), (7, 'mirrored and rotated by 90 degrees')],
)
def test_boxes_that_were_drawn_before_the_image_was_turned(healthy, orientation, name):
    """The annotation says 40x30, which is the size before."""
    turn(healthy / 'JPEGImages/a.jpg', orientation)
    message = f'EXIF orientation {orientation}, {name}, is applied when the image is read'
    kind, found = problems(healthy)[0]
    assert (kind, found) == (Kind.BOXES_BEFORE_TURN, f'{message}, but the boxes were drawn before')
    file = healthy / 'Annotations/a.xml'
    text = file.read_text()
    file.write_text(
        text.replace('<width>40</width><height>30</height>', '<width>30</width><height>40</height>')
    )
    assert problems(healthy) == []
    file.write_text(text.replace('<size><width>40</width><height>30</height></size>', ''))
    assert problems(healthy)[0] == (
        Kind.ORIENTATION,
        f'{message}; were the boxes drawn before that?',
    )


@pytest.mark.parametrize(
    ('orientation', 'name'),
    [
        (2, 'mirrored'),
        (3, 'rotated by 180 degrees'),
        (4, 'mirrored and rotated by 180 degrees'),
    ],
)
def test_a_turn_that_the_size_does_not_show(healthy, orientation, name):
    turn(healthy / 'JPEGImages/a.jpg', orientation)
    ((kind, message),) = problems(healthy)
    assert kind is Kind.ORIENTATION
    assert message.startswith(f'EXIF orientation {orientation}, {name}, is applied when')


def test_a_turn_that_is_not_applied(healthy):
    image = healthy / 'JPEGImages/a.jpg'
    Image.open(image).save(image.with_suffix('.webp'))
    image.unlink()
    turn(image.with_suffix('.webp'), 8)
    ((kind, message),) = problems(healthy)
    assert kind is Kind.ORIENTATION
    assert message == (
        'EXIF orientation 8, rotated by 270 degrees, which viewers apply, but training and '
        'prediction do not'
    )


def test_widths_and_heights_in_place_of_edges(write_voc, voc_config):
    boxes = [('cat', (20, 15, 10, 9)), ('cat', (3, 4, 20, 10)), ('dog', (25, 2, 12, 20))]
    root = write_voc({'a.jpg': boxes, 'b.jpg': boxes[1:]}, {'train': 'a b'})
    message = '3 of 5 boxes end before they begin, but all fit as widths and heights'
    assert (Kind.WIDTH_AND_HEIGHT, message) in problems(root)
    with pytest.raises(InputError, match=f'train.txt: {message}; write xmax = xmin'):
        check_quick(voc_config(root), ['train'])
    write_voc({'a.jpg': [*boxes, ('dog', (30, 20, 38, 28))]}, {})  # 38 does not fit as a width
    assert {kind for kind, _ in problems(root)} == {Kind.DROPPED_BOX}


@pytest.mark.parametrize('name', ['Cat', 'cat ', ' cat', 'CAT', 'c at', 'c_at', 'c-at'])
def test_a_name_that_nearly_is_a_class(name, write_voc, voc_config):
    root = write_voc(
        {'a.jpg': [(name, BOX), (name, (5, 5, 30, 30)), ('cat', (1, 1, 9, 9)), ('dog', BOX)]},
        {'train': 'a'},
    )
    message = f"2 objects are named '{name}', but the class is 'cat'"
    assert (Kind.SIMILAR_NAME, message) in problems(root)
    with pytest.raises(InputError, match=f'train.txt: {message}; spell the class as'):
        check_quick(voc_config(root), ['train'])
    names = [f"'{one}' ({2 - (one == 'cat')} objects)" for one in sorted([name, 'cat'])]
    assert (Kind.SIMILAR_NAME, f'{", ".join(names)} are taken for different classes') in problems(
        root, None
    )
    assert problems(root, (name, 'cat', 'dog')) == [(Kind.SAME_BOX, f"'{name}', 'dog' {BOX}")]


def test_annotations_without_any_object(write_voc):
    root = write_voc({'a.jpg': [], 'b.jpg': []}, {'train': 'a b'})
    message = 'the annotations of its 2 images have no <object> at all'
    assert (Kind.NO_OBJECTS, message) in problems(root)
    assert (Kind.NO_OBJECTS, message) in problems(root, None)


def test_nearly_the_same_picture_in_two_splits(healthy):
    picture = draw(np.random.RandomState(0), (40, 30))[0]
    cv2.imwrite(str(healthy / 'JPEGImages/a.jpg'), picture)
    cv2.imwrite(str(healthy / 'JPEGImages/b.png'), cv2.convertScaleAbs(picture, beta=8))
    ((kind, file, message),) = diagnose(splits_of_folder(healthy, ('cat', 'dog'))).problems
    assert kind is Kind.NEAR_DUPLICATE and file == str(healthy / 'JPEGImages/b.png')
    assert message.startswith('in val, nearly the same picture as') and 'a.jpg in train' in message


def test_a_linked_folder_of_images_is_read(healthy, voc_config):
    images = healthy / 'JPEGImages'
    (healthy / 'Annotations/sub').mkdir()
    shutil.move(healthy / 'Annotations/a.xml', healthy / 'Annotations/sub/a.xml')
    (healthy / 'elsewhere').mkdir()
    shutil.move(images / 'a.jpg', healthy / 'elsewhere/a.jpg')
    (images / 'sub').symlink_to(healthy / 'elsewhere')
    (healthy / 'elsewhere/circle').symlink_to(images)
    (healthy / 'ImageSets/Main/train.txt').write_text('sub/a\n')
    assert problems(healthy) == []
    (split,) = splits_of_config(voc_config(healthy), ['train'])
    assert [
        row['img_id']
        for row in type(split.dataset)(
            data_root=str(healthy),
            ann_file='ImageSets/Main/train.txt',
            metainfo={'classes': ('cat',)},
        )
    ] == ['sub/a']
