from pathlib import Path

import cv2
import numpy as np
import pytest

BOX = (2, 2, 20, 20)


@pytest.fixture
def healthy(write_voc) -> Path:
    """One image to train on and one to measure on, of different greys."""
    root = write_voc(
        {
            'a.jpg': [('cat', BOX), ('dog', BOX[:3] + (30,))],
            'b.png': [('cat', BOX), ('dog', (0, 0, 40, 30))],
        },
        {'train': 'a', 'val': 'b'},
    )
    cv2.imwrite(str(root / 'JPEGImages/b.png'), np.full((30, 40, 3), 10, np.uint8))
    return root
