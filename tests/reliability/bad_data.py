"""The ways in which a data set in VOC layout can be bad."""

import os
from collections.abc import Callable
from pathlib import Path

from image_faults import FAULTS

OBJECT = '<object><name>cat</name><bndbox>{}</bndbox></object>'
SIDES = '<xmin>1</xmin><ymin>2</ymin><width>3</width><height>4</height>'
EDGES = '<xmin>{}</xmin><ymin>{}</ymin><xmax>{}</xmax><ymax>{}</ymax>'
CAT_AND_CAPITALS = f'<annotation>{OBJECT}{OBJECT.replace("cat", "CAT")}</annotation>'.format(
    EDGES.format(1, 2, 30, 20), EDGES.format(2, 2, 30, 20)
)
DECLARED = '<?xml version="1.0" encoding="{}"?><annotation/>'
IMAGE, ANNOTATION = 'JPEGImages/a.jpg', 'Annotations/a.xml'
SPLIT = 'ImageSets/Main/train.txt'
BILLION = ''.join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 10))


def write(content: bytes | str) -> Callable[[Path], object]:
    data = content.encode() if isinstance(content, str) else content
    return lambda file: file.write_bytes(data)


def annotation(*edges: str) -> Callable[[Path], object]:
    """An annotation whose only object has these edges."""
    return write(f'<annotation>{OBJECT.format(EDGES.format(*edges))}</annotation>')


# The file that is damaged, how, and what the sentence says of it.
DATA = {
    **{f'image: {name}': (IMAGE, *fault) for name, fault in FAULTS.items() if name != 'missing'},
    'image: missing': (IMAGE, os.unlink, 'there is no image with this id'),
    'image: a GIF file': (
        IMAGE,
        lambda file: file.rename(file.with_suffix('.gif')),
        'a.gif is in a format that is not read, so save it as JPEG or PNG',
    ),
    **{
        f'annotation: {name}': (ANNOTATION, *FAULTS[name])
        for name in ('missing', 'a folder', 'a FIFO', 'a device', 'a circle of links')
    },
    **{
        f'annotation: {name}': (ANNOTATION, write(content), sentence)
        for name, content, sentence in (
            ('empty', '', 'broken XML'),
            ('cut', '<annotation><object><name>cat</na', 'broken XML'),
            ('binary', bytes(range(256)) * 10, 'broken XML'),
            ('JSON', '{"annotation": []}', 'broken XML'),
            ('HTML', '<html><body>404</body></html>', 'the root element is <html>'),
            ('unknown encoding', DECLARED.format('foo-8'), 'broken XML'),
            ('another encoding', DECLARED.format('utf-16'), 'broken XML'),
            ('bytes', '<annotation>é</annotation>'.encode('latin-1'), 'broken XML'),
            ('root', '<annotations><object/></annotations>', 'the root element is <annotations>'),
            ('long root', f'<{"a" * 10**6}/>', 'the root element is <a{200}> instead'),
            (
                'namespace',
                '<annotation xmlns="http://x"/>',
                "xmlns='http://x', which must be",
            ),
            ('foreign object', '<annotation xmlns:x="y"><x:object/></annotation>', 'a namespace'),
            ('nested objects', '<annotation><a><object/></a></annotation>', 'not directly below'),
            ('no name', '<annotation><object/></annotation>', '<object> without <name>'),
            ('no box', f'<annotation>{OBJECT.format("")}</annotation>', 'without <bndbox/xmin>'),
            (
                'long name',
                f'<annotation><object><name>{"x" * 10**7}</name></object></annotation>',
                '<name> has 10000000 characters',
            ),
            ('no size', '<annotation><size/></annotation>', '<size> without <width>'),
            (
                'expansion',
                f'<!DOCTYPE annotation [<!ENTITY l0 "ha">{BILLION}]><annotation>&l9;</annotation>',
                'broken XML',
            ),
            ('no objects', '<annotation/>', 'annotations of its 1 images have no <object> at all'),
            (
                'width and height',
                f'<annotation>{OBJECT.format(SIDES)}</annotation>',
                'has <width> and <height> in place of <xmax> and <ymax>',
            ),
            ('UTF-16', '<annotation/>'.encode('utf-16'), 'have no <object> at all'),
            (
                'a name in capitals',
                CAT_AND_CAPITALS,
                "1 objects are named 'CAT', but the class is 'cat'",
            ),
            (
                'another class',
                f'<annotation>{OBJECT.format(EDGES.format(1, 2, 3, 4))}</annotation>'.replace(
                    'cat', 'dog'
                ),
                "because the annotations say 'dog'",
            ),
        )
    },
    **{
        f'box: {" ".join(map(str, edges))[:30]}': (ANNOTATION, annotation(*edges), sentence)
        for edges, sentence in (
            (('one', 2, 3, 4), "<bndbox/xmin> is 'one', not a number"),
            (('nan', 2, 3, 4), "'nan', not a number"),
            (('inf', 2, 3, 4), "'inf', not a number"),
            (('1e999', 2, 3, 4), "'1e999', not a number"),
            (('9' * 10**7, 2, 3, 4), '<bndbox/xmin> has 10000000 characters'),
            ((0, 0, '1e308', '1e308'), 'cat. .*, 1e[+]308, 1e[+]308., but the image is 40x30'),
            (('-1e308', 0, 20, 20), 'cat. .-1e[+]308, .*, but the image'),
            ((5, 5, 400, 300), 'cat. .*, but the image is 40x30; correct or remove'),
            ((50, 5, 60, 10), 'cat. .*, but the image is 40x30; correct or remove'),
            ((0.1, 0.2, 0.5, 0.9), 'all its coordinates are from 0 to 1; write coordinates in pix'),
        )
    },
    **{f'split: {name}': (SPLIT, *FAULTS[name]) for name in ('a FIFO', 'a device')},
    'split: missing': (SPLIT, os.unlink, 'not found; put the data'),
    'split: a circle of links': (SPLIT, FAULTS['a circle of links'][0], 'not found; put the data'),
    **{
        f'split: {name}': (SPLIT, write(content), sentence)
        for name, content, sentence in (
            ('empty', '', 'lists no image; write one image id on each line'),
            ('blank', '\n \n', 'lists no image'),
            ('one line of 10 MB', 'a' * 10**7, 'line 1 has 10000000 characters'),
            ('no line feeds', 'a ' * 10**6, 'line 1 has 2000000 characters'),
            ('UTF-16', 'a\n'.encode('utf-16'), 'is UTF-16 text; save it as UTF-8'),
            ('UTF-16 without a mark', 'a\n'.encode('utf-16-le'), 'is not UTF-8 text'),
            ('Latin 1', 'é\n'.encode('latin-1'), 'is not UTF-8 text'),
            ('a picture', bytes(range(256)), 'is not UTF-8 text'),
            ('suffixes', 'a.jpg\n', 'below JPEGImages/ without suffix, so it must be a'),
            ('folders', 'JPEGImages/a.jpg\n', 'JPEGImages/ without suffix, so it must be a'),
            ('a whole path', '/data/JPEGImages/a\n', 'without suffix, so it must be a'),
            ('another case', 'A\n', 'no image with this id, but one with the id a'),
            ('the list of a class', 'a  1\n', "'a  1' has a second column, .* it must be a"),
            ('paths', '../JPEGImages/a\n', 'without suffix, so it must be a'),
            ('absolute paths', '/etc/passwd\n', 'there is no image with this id'),
        )
    },
}
