"""A file holds its old bytes or its new ones."""

import os

import pytest

from ic_backbones.atomic_write import write_atomically


def test_the_old_file_stays_when_it_fails(tmp_path):
    path = tmp_path / 'file'
    write_atomically(path, b'old')
    with pytest.raises(TypeError):
        write_atomically(path, 'text')
    assert path.read_bytes() == b'old' and os.listdir(tmp_path) == ['file']
    write_atomically(path, b'new')
    assert path.read_bytes() == b'new' and os.listdir(tmp_path) == ['file']
