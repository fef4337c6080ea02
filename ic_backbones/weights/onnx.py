"""A backbone as an ONNX file that takes images of any number and size."""

import copy
import inspect
import io
import warnings
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import torch
from mmcv.cnn.bricks import Conv2dAdaptivePadding
from torch import Tensor, nn

from .._requirements import require_extra
from ..atomic_write import write_atomically
from ..errors import BUILD_ERRORS, InputError, one_line, writing
from ..ops.window import Window

OPSET = 17


def export_onnx(net: nn.Module, file: str | Path, size: tuple[int, int] = (224, 224)) -> None:
    """Write ``net``, in eval mode, with dynamic axes.

    The graph takes ``image``, (N, C, H, W), and gives ``feature_0``, ``feature_1``, the maps in the
    order of ``out_indices``.

    Args:
        net: A backbone, which gives a tuple of maps.
        file: The file to write.
        size: The height and width in pixels of the image with which the graph is traced.

    Raises:
        InputError: The package onnx is not installed, or the file cannot be written.
    """
    net = copy.deepcopy(net)
    net.eval()  # mmpretrain's backbones return None here
    with torch.no_grad():
        image, maps = _first_run(net, size)
    names = [f'feature_{index}' for index in range(len(maps))]
    axes = {name: {0: 'N', 2: f'H_{name}', 3: f'W_{name}'} for name in names}
    write_onnx(net, image, file, names, axes | {'image': {0: 'N', 2: 'H', 3: 'W'}})


def image_channels(net: nn.Module) -> list[int]:
    """The numbers of channels that the images for a network may have, the likely one first.

    They are 3 and what the first convolution takes. The latter alone does not tell: YOLOX's network
    begins by making channels of neighbouring pixels.
    """
    convs = (module.in_channels for module in net.modules() if isinstance(module, nn.Conv2d))
    return list(dict.fromkeys([3, *list(convs)[:1]]))


def _first_run(net: nn.Module, size: tuple[int, int]) -> tuple[Tensor, tuple[Tensor, ...]]:
    """The first images that the network takes, and their maps."""
    *others, last = (torch.zeros(2, channels, *size) for channels in image_channels(net))
    for image in others:
        with suppress(RuntimeError):
            return image, net(image)
    return last, net(last)


def require_maps(net: nn.Module, size: tuple[int, int], source: str) -> None:
    """Check that a network gives maps for images of a size.

    Args:
        net: The network, in eval mode.
        size: The height and width in pixels of the images.
        source: What the error calls the network.

    Raises:
        InputError: The network does not take such images, or an output is not a map.
    """
    try:
        with torch.no_grad():
            _, maps = _first_run(net, size)
    except BUILD_ERRORS as error:
        reason = one_line(error)
    else:
        if all(feature.ndim == 4 for feature in maps):
            return
        reason = 'an output is not a map'
    raise InputError(
        f'{source}: its {type(net).__name__} gives no maps for images of {size[0]}x{size[1]} '
        f'pixels ({reason}); choose another --size, or a network for images of any size'
    )


def write_onnx(
    net: nn.Module,
    image: Tensor,
    file: str | Path,
    outputs: Sequence[str],
    axes: dict[str, dict[int, str]],
    notes: dict[str, str] | None = None,
) -> None:
    """Trace a module and write its graph, whose input is called ``image``.

    Args:
        net: The module, in eval mode.
        image: The image with which it is traced.
        file: The file to write.
        outputs: The names of its outputs.
        axes: The names of the axes of any length, by the inputs and outputs and by their numbers.
        notes: Texts to put into the file, by their keys.

    Raises:
        InputError: The package onnx is not installed, or the file cannot be written.
    """
    require_onnx('onnx')
    import onnx

    net = copy.deepcopy(net)
    for module in net.modules():
        if type(module) is Conv2dAdaptivePadding:
            module.__class__ = _TracedAdaptivePadding
    # The tracing exporter: the other one does not end on padding that depends on the size.
    has_both = 'dynamo' in inspect.signature(torch.onnx.export).parameters
    tracing = dict(dynamo=False) if has_both else {}
    written = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        torch.onnx.export(
            net,
            (image,),
            written,
            opset_version=OPSET,
            input_names=['image'],
            output_names=list(outputs),
            dynamic_axes=axes,
            **tracing,
        )
    model = onnx.load_model_from_string(written.getvalue())
    onnx.helper.set_model_props(model, notes or {})
    with writing(file, 'choose another --out'):
        write_atomically(file, model.SerializeToString())


class _TracedAdaptivePadding(Conv2dAdaptivePadding):
    """mmcv's own computes the padding with Python's numbers, which a graph keeps as constants."""

    def forward(self, x: Tensor) -> Tensor:
        return nn.Conv2d.forward(self, Window.of(self).pad_to_same(x))


def largest_difference(net: nn.Module, file: str | Path, size: tuple[int, int]) -> float:
    """The largest difference of onnxruntime's maps from PyTorch's, over each map's largest value.

    Args:
        net: The backbone, in eval mode.
        file: The file that :func:`export_onnx` wrote.
        size: The height and width in pixels of the images, which are three random ones; the graph
            is traced with two.

    Raises:
        InputError: The package onnxruntime is not installed.
    """
    require_onnx('onnxruntime')
    import onnxruntime

    session = onnxruntime.InferenceSession(str(file), providers=['CPUExecutionProvider'])
    image = torch.rand(3, session.get_inputs()[0].shape[1], *size)
    with torch.no_grad():
        expected = net(image)
    found = session.run(None, {'image': image.numpy()})
    differences = [
        (torch.from_numpy(feature) - truth).abs().max() / truth.abs().max().clamp(min=1e-30)
        for feature, truth in zip(found, expected, strict=True)
    ]
    return torch.stack(differences).max().item()  # NaN if one is, unlike Python's max


def require_onnx(package: str) -> None:
    """Check that onnx or onnxruntime is installed.

    Raises:
        InputError: The package is not installed.
    """
    require_extra('ONNX files', package, 'onnx')
