"""Where classifiers look: Grad-CAM of several networks, as in figure 3 of the IC paper."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from matplotlib.figure import Figure
from mmengine.config import Config
from mmengine.dataset import Compose, pseudo_collate
from mmengine.registry import DefaultScope
from mmpretrain.models import BaseClassifier
from mmpretrain.registry import MODELS
from torch import Tensor, nn

from .config_file import read_config
from .datasets.images import read_image
from .errors import BUILD_ERRORS, InputError, one_line
from .weights.checkpoint import Checkpoint
from .weights.match import compare
from .weights.pretrained import with_versions


class Network(nn.Module):
    """A trained classifier with its test pipeline; ``last`` sees its last feature alone."""

    def __init__(self, config: str, checkpoint: str) -> None:
        super().__init__()
        cfg = read_config(config)
        if 'backbone' not in cfg.get('model', {}) or 'test_dataloader' not in cfg:
            raise InputError(
                f'{config}: is not a classifier with a test_dataloader; give the config of one'
            )
        try:
            with DefaultScope.overwrite_default_scope('mmpretrain'):
                self._build(cfg)
        except BUILD_ERRORS as error:
            raise InputError(
                f'{config}: no classifier can be built, {one_line(error)}; give the config of one'
            ) from error
        loaded = Checkpoint.read(checkpoint)
        match = compare(self.model.state_dict(), loaded.tensors, checkpoint)
        match.require_all(f'give a checkpoint of the network of {config}')
        self.model.load_state_dict(with_versions(loaded.tensors, self.model, loaded))
        self.title = f'{Path(config).stem}\n{Path(checkpoint).stem}'
        self.last = nn.Identity()
        self.classes = loaded.classes

    def _build(self, cfg: Config) -> None:
        cfg.model.setdefault('data_preprocessor', cfg.get('data_preprocessor'))
        self.model = MODELS.build(cfg.model)
        if not isinstance(self.model, BaseClassifier):
            raise TypeError(f'model is a {type(self.model).__name__}')
        self.model.eval()
        steps = cfg.test_dataloader.dataset.pipeline
        self.reads_files = 'LoadImageFromFile' in str(steps[0]['type'])
        self.pipeline = Compose(steps)

    def read(self, path: str) -> tuple[Tensor, np.ndarray]:
        """The network's input, (1, 3, H, W), and what it shows, (H, W, 3), RGB in 0..1."""
        try:
            image = read_image(path)
        except ValueError as error:
            raise InputError(f'{path}: {error}; give an image that can be read') from error
        given = dict(img_path=path)
        if not self.reads_files:  # CIFAR keeps its images decoded, in RGB
            given['img'] = cv2.cvtColor(cv2.resize(image, (32, 32)), cv2.COLOR_BGR2RGB)
        packed = self.pipeline(given)
        shown = packed['inputs'].permute(1, 2, 0).numpy() / 255
        if self.reads_files:
            shown = shown[..., ::-1]
        inputs = self.model.data_preprocessor(pseudo_collate([packed]))['inputs']
        return inputs, np.ascontiguousarray(shown, dtype=np.float32)

    def forward(self, x: Tensor) -> Tensor:
        *others, feature = self.model.backbone(x)
        features = (*others, self.last(feature))
        return self.model.head(self.model.neck(features) if self.model.with_neck else features)

    def label(self, x: Tensor) -> str:
        with torch.no_grad():
            share, index = self(x).softmax(1).max(1)
        name = self.classes[index] if self.classes else f'class {index.item()}'
        return f'{name} {share.item():.2f}'


def draw(images: Sequence[str], networks: Sequence[Network]) -> Figure:
    """A row an image: the image, then each network's map over it and the class that it sees."""
    from pytorch_grad_cam import GradCAM
    from pytorch_grad_cam.utils.image import show_cam_on_image

    shape = len(images), 1 + len(networks)
    figure = Figure(figsize=(2.2 * shape[1], 2.4 * shape[0]), layout='constrained')
    axes = figure.subplots(*shape, squeeze=False)
    for column, network in enumerate(networks, 1):
        with GradCAM(network, [network.last]) as cam:
            for row, path in enumerate(images):
                inputs, shown = network.read(path)
                heat = cam(inputs, targets=None)[0]
                axes[row, 0].imshow(shown)
                axes[row, 0].set_title(Path(path).name, fontsize=8)
                axes[row, column].imshow(show_cam_on_image(shown, heat, use_rgb=True))
                axes[row, column].set_title(f'{network.title}\n{network.label(inputs)}', fontsize=8)
    for axis in axes.flat:
        axis.axis('off')
    return figure
