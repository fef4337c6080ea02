from ic_backbones.datasets.voc.splits import splits_of_folder
from ic_backbones.doctor import diagnose, render


def test_tables(healthy):
    for name, old, new in (
        ('a', '<ymax>20</ymax>', '<ymax>2</ymax>'),
        ('b', '<difficult>0', '<difficult>1'),
    ):
        file = healthy / f'Annotations/{name}.xml'
        assert old in file.read_text()
        file.write_text(file.read_text().replace(old, new))
    splits = splits_of_folder(healthy)
    lines = [' '.join(line.split()) for line in render(diagnose(splits), splits).splitlines()]
    for line in (
        'objects (in images) train val',
        'cat 1 (1) 1 (1)',
        'all 2 (1) 2 (1)',
        'images 1 1',
        'no area (VOCStyleDataset, FilterAnnotations) 1 on 0 on',
        # Both of train; in val one is 18 pixels wide, and the other is 30 pixels high.
        'under 32 pixels (bbox_min_size=32 in filter_cfg) 2 off 2 off',
        'marked difficult 0 on 2 on',
        "classes = ('cat', 'dog')",
        'WARNING: box without an area; correct it, or accept that it is dropped',
        f"{healthy}/Annotations/a.xml: 'cat' (2, 2, 20, 2)",
        '0 errors, 1 warning',
    ):
        assert line in lines


def test_a_long_list_is_cut(write_voc):
    root = write_voc(
        {f'{i}.jpg': [('cat', (2, 2, 20, 20))] for i in range(12)},
        {'train': ' '.join(map(str, range(12)))},
    )
    splits = splits_of_folder(root, ['dog'])
    diagnosis = diagnose(splits)
    assert '  and 2 more (--all names them)' in render(diagnosis, splits).splitlines()
    assert render(diagnosis, splits, limit=0).count("'cat' (2, 2, 20, 20)") == 12
