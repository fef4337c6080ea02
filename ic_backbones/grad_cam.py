"""Where classifiers and detectors look: Grad-CAM, as in figure 3 of the IC paper.

A classifier's map is Grad-CAM's (Selvaraju et al., 2017), over the last map F of the backbone:
relu(sum_c mean(dy/dF_c) F_c) for the logit y of a class. The gradient of an object's score differs
from place to place, which the mean over the image loses; a detector's map is therefore HiResCAM's
(Draelos and Carin, 2020), relu(sum_c dy/dF_c F_c), scaled to 1 and averaged over the maps.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from mmdet.models.dense_heads import base_dense_head
from mmdet.structures import DetDataSample
from mmengine.dataset import pseudo_collate
from mmengine.structures import InstanceData
from torch import Tensor, nn

from .backbones.outputs import outputs
from .errors import InputError
from .inference.predictor import Pipeline, as_input
from .inference.saved_model import load_model


class Network(nn.Module):
    """A trained model that gives a score for each class: (1, 3, H, W) becomes (1, classes).

    Those of a classifier are its logits. A detector gives the score of the best object of each
    class, and 0 where it finds none.

    Args:
        config: The file of the config of its training.
        checkpoint: The file of the checkpoint.

    Attributes:
        maps: Modules, each of which sees one map of the backbone alone.

    Raises:
        InputError: The checkpoint does not fill the model of the config, either is broken, or the
            backbone gives no maps.
    """

    def __init__(self, config: str, checkpoint: str) -> None:
        super().__init__()
        self.saved = load_model(checkpoint, config, 'cpu')
        self.model = self.saved.model
        _, strides = outputs(self.model.backbone)
        if not strides or 0 in strides:
            name = type(self.model.backbone).__name__
            raise InputError(
                f'{config}: its {name} gives no maps to draw; give a network whose backbone does'
            )
        self.model.backbone = _Watched(self.model.backbone, len(strides))
        self.maps = self.model.backbone.maps
        self.pipeline = Pipeline(self.saved)
        self.title = f'{Path(config).stem}\n{Path(checkpoint).stem}'

    def read(self, path: str) -> tuple[Tensor, np.ndarray]:
        """The network's input, (1, 3, H, W), and what it shows, (h, w, 3), RGB in 0..1.

        A detector pads its input at the right and at the bottom, so that H >= h and W >= w.
        """
        packed = self.pipeline(as_input(path))
        shown = packed['inputs'].permute(1, 2, 0).numpy() / 255
        if self.pipeline.reads_files:
            shown = shown[..., ::-1]
        inputs = self.model.data_preprocessor(pseudo_collate([packed]))['inputs']
        return inputs, np.ascontiguousarray(shown, dtype=np.float32)

    def forward(self, x: Tensor) -> Tensor:
        if not self.saved.is_detector:
            return self.model(x)
        found = self._objects(x)
        count = max(len(self.saved.classes), 1, *(found.labels + 1).tolist())
        return x.new_zeros(count).scatter_reduce(0, found.labels, found.scores, 'amax')[None]

    def best_box(self, x: Tensor, label: int) -> list[float]:
        """Left, top, right and bottom of the best object of a class, in pixels of the input."""
        with torch.no_grad():
            found = self._objects(x)
        best = found[found.labels == label].scores.argmax()
        return found[found.labels == label].bboxes[best].tolist()

    def _objects(self, x: Tensor) -> InstanceData:
        size = tuple(x.shape[2:])
        sample = DetDataSample(
            metainfo=dict(img_shape=size, ori_shape=size, pad_shape=size, scale_factor=(1.0, 1.0))
        )
        with _gradient_of_scores():
            found = self.model(x, [sample], mode='predict')[0].pred_instances
        if torch.is_grad_enabled() and not found.scores.requires_grad:
            raise InputError(
                f'{self.saved.source}: the scores of a {type(self.model).__name__} have no '
                'gradient; give another detector, or a classifier'
            )
        return found

    def index(self, name: str) -> int:
        """The label of a class.

        Raises:
            InputError: The network does not know the class.
        """
        if name not in self.saved.classes:
            known = ', '.join(self.saved.classes) or 'no classes by name'
            raise InputError(f'--class {name}: {self.saved.source} knows {known}; choose one')
        return self.saved.classes.index(name)


@contextmanager
def _gradient_of_scores() -> Iterator[None]:
    """Keep the gradient of the scores that mmdet's one-stage heads take from their maps."""
    select = base_dense_head.select_single_mlvl
    base_dense_head.select_single_mlvl = lambda maps, image, detach: select(maps, image, False)
    try:
        yield
    finally:
        base_dense_head.select_single_mlvl = select


class _Watched(nn.Module):
    """A backbone that learns nothing, with a module for each of its maps, where a gradient ends."""

    def __init__(self, backbone: nn.Module, count: int) -> None:
        super().__init__()
        self.backbone = backbone
        self.maps = nn.ModuleList(nn.Identity() for _ in range(count))

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        with torch.no_grad():
            maps = self.backbone(x)
        *others, last = (
            see(map_.requires_grad_()) for see, map_ in zip(self.maps, maps, strict=True)
        )
        # So that a map which neck and heads leave out has a gradient, of 0.
        return (*others, last + 0 * sum(map_.sum() for map_ in others))


def heat_map(network: Network, x: Tensor, label: int | None = None) -> tuple[np.ndarray, Tensor]:
    """Which parts of an image support a class.

    Args:
        network: The network.
        x: Its input, of shape (1, 3, H, W).
        label: The class; None takes the one with the highest score.

    Returns:
        The map, of shape (H, W), from 0 to 1, and the scores of the classes.
    """
    from pytorch_grad_cam import GradCAM, HiResCAM
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

    targets = None if label is None else [ClassifierOutputTarget(label)]
    if network.saved.is_detector:
        method, maps = HiResCAM, network.maps
    else:
        method, maps = GradCAM, network.maps[-1:]
    heat = np.zeros(x.shape[2:], np.float32)
    for module in maps:
        with method(network, [module]) as cam:
            heat += cam(x, targets)[0]
            scores = cam.outputs[0].detach()
    return heat / max(heat.max(), 1e-7), scores


def draw(images: Sequence[str], networks: Sequence[Network], name: str | None = None) -> Figure:
    """One row per image: the image, then each network's map over it and the class that it sees.

    Args:
        images: Files.
        networks: The networks.
        name: The class whose score is explained; None takes the one with the highest score.
    """
    shape = len(images), 1 + len(networks)
    figure = Figure(figsize=(2.2 * shape[1], 2.4 * shape[0]), layout='constrained')
    axes = figure.subplots(*shape, squeeze=False)
    for row, path in enumerate(images):
        for column, network in enumerate(networks, 1):
            shown = _draw_map(axes[row, column], network, path, name)
        axes[row, 0].imshow(shown)
        axes[row, 0].set_title(Path(path).name, fontsize=8)
    for axis in axes.flat:
        axis.axis('off')
    return figure


def _draw_map(axis: Axes, network: Network, path: str, name: str | None) -> np.ndarray:
    """Draw a network's map, and return the image as the network sees it."""
    from pytorch_grad_cam.utils.image import show_cam_on_image

    inputs, shown = network.read(path)
    label = None if name is None else network.index(name)
    heat, scores = heat_map(network, inputs, label)
    if label is None:
        label = scores.argmax().item()
    axis.imshow(show_cam_on_image(shown, heat[: len(shown), : shown.shape[1]], use_rgb=True))
    if not network.saved.is_detector:
        scores = scores.softmax(0)
    seen = f'{network.saved.name(label)} {scores[label]:.2f}' if scores[label] else 'finds nothing'
    axis.set_title(f'{network.title}\n{seen}', fontsize=8)
    if network.saved.is_detector and scores[label]:
        left, top, right, bottom = network.best_box(inputs, label)
        axis.add_patch(Rectangle((left, top), right - left, bottom - top, fill=False, color='w'))
    return shown
