"""Ten-crop testing with the corners and the centre of an image and of its mirror image."""

from mmcv.transforms import BaseTransform, RandomFlip, TestTimeAug
from mmpretrain.datasets.transforms import PackInputs

from ..errors import InputError
from ..registry import TRANSFORMS

# Left and top, as shares of the pixels outside the crop, in torchvision's order.
PLACES = ((0, 0), (1, 0), (0, 1), (1, 1), (0.5, 0.5))


class CropAt(BaseTransform):
    """Cut out a square.

    Args:
        crop_size: The edge of the square in pixels.
        place: One of ``PLACES``.
    """

    def __init__(self, crop_size: int, place: tuple[float, float]) -> None:
        self.crop_size = crop_size
        self.place = place

    def transform(self, results: dict) -> dict:
        size, image = self.crop_size, results['img']  # (H, W, 3)
        height, width = image.shape[:2]
        if min(height, width) < size:
            raise InputError(
                f'{results.get("img_path", "an image")}: {width}x{height} pixels are less than '
                f'crop_size={size}; resize it first (ResizeEdge)'
            )
        left, top = (
            round(share * (edge - size))
            for share, edge in zip(self.place, (width, height), strict=True)
        )
        crop = image[top : top + size, left : left + size]
        return dict(results, img=crop, img_shape=crop.shape[:2])


@TRANSFORMS.register_module()
class TenCrop(TestTimeAug):
    """Ten packed crops of an image, as the last step of a pipeline for mmpretrain's TTA models.

    The step reads ``img``, (H, W, 3), and returns ``inputs`` and ``data_samples``, two lists of ten
    in torchvision's order: top left, top right, bottom left, bottom right and centre of the image,
    then of its mirror image. mmpretrain's PackInputs packs each crop.

    Args:
        crop_size: The edge of the crops in pixels.

    Raises:
        InputError: An image is smaller than the crop.
    """

    def __init__(self, crop_size: int) -> None:
        flips = [RandomFlip(prob=prob) for prob in (0.0, 1.0)]
        crops = [CropAt(crop_size, place) for place in PLACES]
        super().__init__([flips, crops, [PackInputs()]])
