"""What is wrong with the source ends a conversion with a sentence, and nothing is written."""

import json

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
        ('2 0.5 0.5 0.1 0.5', 'line 1 has class 2, but there are 2'),
        ('-1 0.5 0.5 0.1 0.5', 'line 1 has class -1, but there are 2'),
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
    words = (
        r'JPEGImages/b: is listed in ImageSets/Main, but has no image or no annotation \(1 more\)'
    )
    with pytest.raises(InputError, match=words):
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
