"""What is wrong with the source ends a conversion with a sentence, and nothing is written."""

import json
import os
from pathlib import Path

import pytest
from image_faults import FAULTS

from ic_backbones.conversion import convert
from ic_backbones.errors import InputError


def write_yolo(root):
    """A folder that holds one image and its labels."""
    (root / 'classes.txt').write_text('cat\ndog\n')
    (root / 'a.txt').write_text('1 0.5 0.5 0.25 0.5\n')


def write_coco(root):
    content = {
        'images': [{'id': 1, 'file_name': 'a.jpg', 'width': 40, 'height': 30}],
        'annotations': [{'image_id': 1, 'category_id': 1, 'bbox': [1, 2, 30, 20]}],
        'categories': [{'id': 1, 'name': 'cat'}],
    }
    (root / 'all.json').write_text(json.dumps(content))


@pytest.fixture
def root(write_voc):
    return write_voc({'a.jpg': []}, {}) / 'JPEGImages'


@pytest.mark.parametrize(
    ('line', 'words'),
    [
        ('1 0.5 0.5 x 0.5', 'line 1 is not made of numbers'),
        ('nan 0.5 0.5 0.1 0.5', 'line 1 is not made of numbers'),
        ('inf 0.5 0.5 0.1 0.5', 'line 1 is not made of numbers'),
        ('2 0.5 0.5 0.1 0.5', 'line 1 has class 2, not one from 0 to 1'),
        ('-1 0.5 0.5 0.1 0.5', 'line 1 has class -1, not one from 0 to 1'),
        ('1 0.5 0.5 0.1', 'line 1 has 4 numbers, not 5 or those of a polygon'),
        ('1 0.5 0.5 0.1 0.5 0.9', 'line 1 has 6 numbers, not 5'),
        ('\n1 20 15 10 5', 'line 2 has a number that is not a share from 0 to 1'),
        ('1 nan 0.5 0.1 0.5', 'line 1 has a number that is not a share'),
    ],
)
def test_lines_of_yolo(root, tmp_path, line, words):
    write_yolo(root)
    (root / 'a.txt').write_text(line)
    with pytest.raises(InputError, match=f'{root}/a.txt: {words}.*; correct it, or leave such'):
        convert(root, tmp_path / 'out')
    assert not (tmp_path / 'out').exists()


@pytest.mark.parametrize(
    ('damage', 'words'),
    [
        (lambda root: (root / 'classes.txt').unlink(), 'neither data.yaml nor classes.txt names'),
        (
            lambda root: (root / 'data.yaml').write_text('names: [a'),
            'data.yaml: is not a YAML file',
        ),
        (lambda root: (root / 'classes.txt').write_bytes(b'\xff\xfec\0'), 'is UTF-16 text'),
        (lambda root: (root / 'a.txt').write_bytes(b'\xff\xfe1\0'), "a.txt: 'utf-8' codec can't"),
    ],
)
def test_files_of_yolo(root, tmp_path, damage, words):
    write_yolo(root)
    damage(root)
    with pytest.raises(InputError, match=words):
        convert(root, tmp_path / 'out')


@pytest.mark.parametrize(
    ('old', 'new', 'words'),
    [
        ('"bbox"', '"box"', "all.json: is not in COCO's format .KeyError: 'bbox'.; export"),
        ('[1, 2, 30, 20]', '[1, 2, 30]', "all.json: is not in COCO's format"),
        ('[1, 2, 30, 20]', '[1, NaN, 30, 20]', 'bbox .1, nan, 30, 20. is not made of finite'),
        ('[1, 2, 30, 20]', '[1, 2, Infinity, 20]', 'bbox .1, 2, inf, 20. is not made of finite'),
        ('[1, 2, 30, 20]', f'[1{"0" * 400}, 2, 30, 20]', "is not in COCO's format"),
        ('"width": 40', '"width": NaN', "is not in COCO's format"),
        ('"category_id": 1', '"category_id": 2', "is not in COCO's format .KeyError: 2"),
        ('"a.jpg"', '"b.jpg"', 'b.jpg: is listed in all.json, but there is no such file; correct'),
        ('"a.jpg"', '7', "is not in COCO's format"),
    ],
)
def test_files_of_coco(root, tmp_path, old, new, words):
    write_coco(root)
    text = (root / 'all.json').read_text()
    assert old in text
    (root / 'all.json').write_text(text.replace(old, new))
    with pytest.raises(InputError, match=words):
        convert(root, tmp_path / 'out')


@pytest.mark.parametrize(
    ('name', 'text', 'words'),
    [
        (
            'labels/x/c.txt',
            '0 0.5 0.5 0.1 0.1',
            'labels/x/c.txt: has labels, but there is no image',
        ),
        ('b.txt', '1 0.5 0.5 0.1 0.1', 'b.txt: has labels, but there is no image for them; corr'),
        (
            'labels/classes.txt',
            'dog\ncat',
            'labels/classes.txt: names other classes than .*, or in',
        ),
        ('data.yaml', 'names: [dog, cat]', 'classes.txt: names other classes than .*data.yaml, or'),
        (
            'data.yaml',
            'names: [cat, dog]\nkpt_shape: [4, 2]',
            'data.yaml: has key points .kpt_shape',
        ),
        ('a.txt', '', 'none of its 1 images has an object; check that the annotations belong'),
    ],
)
def test_what_yolo_would_lose(root, tmp_path, name, text, words):
    write_yolo(root)
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(text)
    with pytest.raises(InputError, match=words):
        convert(root, tmp_path / 'out')
    assert not (tmp_path / 'out').exists()


def test_notes_beside_the_labels_are_no_labels(root, tmp_path):
    write_yolo(root)
    (root / 'notes.txt').write_text('1 sunny day')
    (root / 'empty.txt').write_text('')
    assert convert(root, tmp_path / 'out').images['train'] == 1


def test_what_is_listed_and_not_there(write_voc, tmp_path):
    root = write_voc({'a.jpg': [('cat', (2, 2, 9, 9))], 'b.jpg': []}, {'train': 'a', 'val': 'b c'})
    (root / 'Annotations/b.xml').unlink()
    with pytest.raises(InputError, match=r'JPEGImages/b\.jpg: has no annotation \(1 more\); corr'):
        convert(root, tmp_path / 'out')
    (root / 'JPEGImages/b.jpg').unlink()
    words = (
        r'JPEGImages/b: is listed in ImageSets/Main, but there is no such image \(1 more\); correct'
    )
    with pytest.raises(InputError, match=words):
        convert(root, tmp_path / 'out')


def test_an_image_without_an_annotation(write_voc, tmp_path):
    root = write_voc({'a.jpg': [('cat', (2, 2, 9, 9))], 'b.jpg': []}, {})
    (root / 'Annotations/b.xml').unlink()
    with pytest.raises(InputError, match=r'JPEGImages/b\.jpg: has no annotation; correct it, or'):
        convert(root, tmp_path / 'out')
    report = convert(root, tmp_path / 'out', skip_broken=True)
    assert report.images['train'] == 1 and 'b.jpg: has no annotation' in report.text('out')


def test_an_annotation_of_the_same_name_in_another_folder(write_voc, tmp_path):
    write_voc({'a.jpg': [('cat', (2, 2, 9, 9))], 'b.jpg': []}, {})
    for folder, names in (('one', 'a'), ('two', 'ab')):
        (tmp_path / 'source' / folder).mkdir(parents=True)
        for name in names:
            image = (tmp_path / f'JPEGImages/{name}.jpg').read_bytes()
            (tmp_path / f'source/{folder}/{name}.jpg').write_bytes(image)
    (tmp_path / 'Annotations/a.xml').rename(tmp_path / 'source/one/a.xml')
    (tmp_path / 'Annotations/b.xml').rename(tmp_path / 'source/two/b.xml')
    with pytest.raises(InputError, match=r'two/a\.jpg: has no annotation; correct it, or'):
        convert(tmp_path / 'source', tmp_path / 'out')


@pytest.mark.parametrize('write', [write_yolo, write_coco])
def test_one_xml_file_among_labels_of_another_layout(write_voc, tmp_path, write):
    root = write_voc({'a.jpg': [('cat', (2, 2, 9, 9))], 'b.jpg': []}, {})
    write(root / 'JPEGImages')
    (root / 'Annotations/b.xml').unlink()
    with pytest.raises(InputError, match=r'JPEGImages/b\.jpg: has no annotation'):
        convert(root, tmp_path / 'out')


def test_an_image_of_another_folder_is_not_taken(write_voc, tmp_path):
    """Not where the other images lie beside their annotations."""
    root = write_voc({'a.jpg': [('cat', (2, 2, 9, 9))], 'b.jpg': []}, {})
    for name in ('a', 'b'):
        (root / f'Annotations/{name}.xml').rename(root / f'JPEGImages/{name}.xml')
    (root / 'other').mkdir()
    (root / 'JPEGImages/b.jpg').rename(root / 'other/b.jpg')
    with pytest.raises(InputError, match=r'b\.xml: there is no image of the same name that bel'):
        convert(root, tmp_path / 'out')


def test_an_image_of_another_splits_folder_is_not_taken(write_voc, tmp_path):
    root = write_voc({'a.jpg': [('cat', (2, 2, 9, 9))]}, {})
    (root / 'test').mkdir()
    (root / 'JPEGImages').rename(root / 'test/images')
    (root / 'train').mkdir()
    (root / 'Annotations').rename(root / 'train/xmls')
    with pytest.raises(InputError, match=r'a\.xml: there is no image of the same name that bel'):
        convert(root, tmp_path / 'out')


def test_an_image_of_another_split_is_not_taken(tmp_path, root):
    """A file of the same name in train/ is another image than the missing one in val/."""
    source = tmp_path / 'coco'
    for split in ('train', 'val'):
        (source / split).mkdir(parents=True)
        write_coco(source)
        (source / 'all.json').rename(source / f'instances_{split}.json')
    (source / 'train/a.jpg').write_bytes((root / 'a.jpg').read_bytes())
    with pytest.raises(
        InputError, match=r'a\.jpg: is listed in instances_val\.json, but there is no'
    ):
        convert(source, tmp_path / 'out')


def test_two_files_with_the_same_images(root, tmp_path):
    write_coco(root)
    (root / 'again.json').write_text((root / 'all.json').read_text())
    with pytest.raises(InputError, match='all.json: lists .*a.jpg, as .*again.json does; give one'):
        convert(root, tmp_path / 'out')


def test_two_images_with_one_id(root, tmp_path):
    write_coco(root)
    content = json.loads((root / 'all.json').read_text())
    content['images'] *= 2
    (root / 'all.json').write_text(json.dumps(content))
    with pytest.raises(InputError, match='all.json: .*two images have the same id.*; export it'):
        convert(root, tmp_path / 'out')


def test_annotations_of_images_that_are_not_listed(root, tmp_path):
    write_coco(root)
    content = json.loads((root / 'all.json').read_text())
    content['annotations'] += [dict(content['annotations'][0], image_id='1')] * 2
    (root / 'all.json').write_text(json.dumps(content))
    words = "all.json: has 2 annotations of images that it does not list, such as '1'; correct it"
    with pytest.raises(InputError, match=words):
        convert(root, tmp_path / 'out')
    report = convert(root, tmp_path / 'out', skip_broken=True)
    assert report.objects['train'] == {'cat': 1} and len(report.left_out) == 1


@pytest.mark.parametrize('name', ['', ' ', 'ca\vt', 'ca\rt', '\ud800', 'x' * 201])
def test_classes_that_no_annotation_can_hold(root, tmp_path, name):
    write_coco(root)
    content = json.loads((root / 'all.json').read_text())
    content['categories'][0]['name'] = name
    (root / 'all.json').write_text(json.dumps(content))
    with pytest.raises(InputError, match=r'a\.jpg: has an object of class .*; rename the class'):
        convert(root, tmp_path / 'out')


def test_numbers_as_names_and_as_numbers_of_classes(root, tmp_path):
    write_coco(root)
    content = json.loads((root / 'all.json').read_text())
    numbers = ('b', 10, 9)
    content['categories'] = [dict(id=number, name=index) for index, number in enumerate(numbers)]
    content['annotations'] = [
        dict(content['annotations'][0], category_id=number) for number in numbers
    ]
    (root / 'all.json').write_text(json.dumps(content))
    assert convert(root, tmp_path / 'out').classes == ('2', '1', '0')


@pytest.mark.parametrize('name', [b'caf\xe9.jpg', b'a\x01.jpg', b' .jpg'])
def test_names_of_images_that_voc_layout_cannot_hold(root, tmp_path, name):
    write_yolo(root)
    os.link(root / 'a.jpg', os.path.join(os.fsencode(root), name))
    with pytest.raises(InputError, match=r'jpg.: has a name that VOC layout cannot hold; rename'):
        convert(root, tmp_path / 'out', (1, 0, 0))
    assert not (tmp_path / 'out').exists()


def test_a_name_that_is_not_utf_8_is_printed_among_those_left_out(root, tmp_path):
    write_yolo(root)
    Path(os.fsdecode(os.fsencode(root) + b'/caf\xe9.jpg')).touch()
    report = convert(root, tmp_path / 'out', skip_broken=True)
    assert r'caf\udce9.jpg: is empty' in report.text('out')


def test_two_records_of_one_image(root, tmp_path):
    write_coco(root)
    content = json.loads((root / 'all.json').read_text())
    content['images'].append(dict(content['images'][0], id=99))
    (root / 'all.json').write_text(json.dumps(content))
    with pytest.raises(InputError, match='all.json: lists .*.jpg twice; remove one of the two rec'):
        convert(root, tmp_path / 'out')


@pytest.mark.parametrize('fault', ['empty', 'junk', 'truncated', 'huge'])
def test_broken_images_stop_it_or_are_left_out(root, tmp_path, fault):
    write_yolo(root)
    (root / 'b.jpg').write_bytes((root / 'a.jpg').read_bytes())
    (root / 'b.txt').write_text((root / 'a.txt').read_text())
    damage, sentence = FAULTS[fault]
    damage(root / 'a.jpg')
    with pytest.raises(InputError, match=f'a.jpg: {sentence}.*; correct it, or leave such files'):
        convert(root, tmp_path / 'out')
    report = convert(root, tmp_path / 'out', skip_broken=True)
    assert report.images['train'] == 1
    assert f'  {root}/a.jpg: ' in report.text('out')
    (root / 'b.jpg').unlink()
    with pytest.raises(InputError, match='JPEGImages: no image can be used; check the folder'):
        convert(root, tmp_path / 'other', skip_broken=True)


@pytest.mark.parametrize(
    ('options', 'words'),
    [
        (
            {'shares': (0.5, 0.5, 0.5)},
            'are not shares of a whole; give three numbers from 0 to 1 whose sum is 1',
        ),
        ({'shares': (float('nan'), 0, 0)}, 'are not shares of a whole'),
        ({'shares': (1.5, -0.5, 0)}, 'are not shares of a whole'),
        (
            {'source': 'nowhere'},
            'nowhere: does not exist; give the folder of the data set',
        ),
        ({'out': '.'}, 'already exists; choose a new folder'),
        ({'out': '/proc/x'}, '/proc/x: cannot be written'),
    ],
)
def test_wrong_arguments(root, tmp_path, options, words):
    write_yolo(root)
    with pytest.raises(InputError, match=words):
        convert(**{'source': root, 'out': tmp_path / 'out', **options})


def test_sources_without_a_layout(tmp_path):
    archive = tmp_path / 'photos.zip'
    archive.touch()
    with pytest.raises(InputError, match='photos.zip: is an archive; unpack it'):
        convert(archive, tmp_path / 'out')
    with pytest.raises(InputError, match='no data set in the layout of VOC, COCO or YOLO was'):
        convert(tmp_path, tmp_path / 'out')
