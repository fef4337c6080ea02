"""Data sets that check their images before a training starts and whenever they read one."""

from pathlib import Path

from mmengine.logging import MMLogger
from tqdm import tqdm

from ..errors import InputError
from .image_cache import HeaderCache
from .images import MAX_PIXELS, image_size, read_image

MOST_IN_A_ROW = 100  # images that cannot be read, before a disk is taken to be lost
REMEDY = 'replace or remove it, or set skip_broken=True in the data set'


class CheckedImages:
    """A mixin for data sets of mmengine that read an ``img_path``: no broken image is trained on.

    All images are checked when the data set is loaded (type, size, completeness), and each one
    again before it is decoded. Among the base classes it comes before the data set's class.

    Args:
        skip_broken: Whether to leave out images that are broken or missing, and to log and count
            them. If an image breaks after the start, another one takes its place (not more than
            100 in a row), but a test (``test_mode=True``) stops, because its result would change.
            Defaults to False, which stops with an error that names the file.
        max_pixels: The largest number of pixels of an image, which is checked before the image is
            decoded. Defaults to 100,000,000.
        **kwargs: The arguments of the data set.

    Raises:
        InputError: An argument has a wrong type; an image is broken, missing or too large; or none
            is left.
    """

    def __init__(
        self, *args, skip_broken: bool = False, max_pixels: int = MAX_PIXELS, **kwargs
    ) -> None:
        if not isinstance(skip_broken, bool):
            raise InputError(f'skip_broken={skip_broken!r}: is not a bool; give True or False')
        if not isinstance(max_pixels, int) or max_pixels < 1:
            raise InputError(f'max_pixels={max_pixels!r}: is not a number of pixels; give one')
        self.skip_broken = skip_broken
        self.max_pixels = max_pixels
        self.skipped: set[str | Path] = set()
        self._replaced = 0
        super().__init__(*args, **kwargs)

    def filter_data(self) -> list[dict]:
        sound = []
        with HeaderCache() as headers:
            rows = super().filter_data()
            for row in tqdm(rows, 'checking images', unit='image', delay=1, disable=None):
                try:
                    headers.header(row['img_path'], self.max_pixels)
                    sound.append(row)
                except ValueError as error:
                    self.skip(row['img_path'], f'{error}; {REMEDY}')
        if self.skipped and not sound:
            raise InputError(f'{type(self).__name__}: no image can be read; check the data folder')
        return sound

    def prepare_data(self, idx: int):
        path = self.get_data_info(idx)['img_path']
        try:
            image_size(path, self.max_pixels)
        except ValueError as error:
            return self._replace(path, error)
        try:
            data = super().prepare_data(idx)
        except Exception:
            try:
                read_image(path, self.max_pixels)
            except ValueError as error:
                return self._replace(path, error)
            raise
        self._replaced = 0
        return data

    def _replace(self, path: str, error: ValueError) -> None:
        """Return None, for which mmengine draws another image."""
        if self.test_mode:
            raise InputError(f'{path}: {error}; replace it and start again') from error
        self.skip(path, f'{error}; {REMEDY}')
        self._replaced += 1
        if self._replaced == MOST_IN_A_ROW:
            raise InputError(
                f'{path}: {error}, and the {MOST_IN_A_ROW - 1} images drawn before it cannot be '
                'read either; check the data folder and its disk'
            ) from error

    def skip(self, file: str | Path, fault: str) -> None:
        """Log and count a file that is left out.

        Args:
            file: The file that is broken or missing.
            fault: What is wrong with it, and what to do.

        Raises:
            InputError: ``skip_broken`` is not set.
        """
        if not self.skip_broken:
            raise InputError(f'{file}: {fault}')
        if file not in self.skipped:
            self.skipped.add(file)
            message = f'skipped {file}: {fault.split(";")[0]} (number {len(self.skipped)})'
            MMLogger.get_current_instance().warning(message)
