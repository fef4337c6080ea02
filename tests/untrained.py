"""Checkpoints as a training would save them, of models that nobody has trained."""

import re
from pathlib import Path

import torch
from mmengine.config import Config
from mmengine.registry import MODELS, DefaultScope


def checkpoint(config: str, file: Path, classes: tuple, spread: float = 0.0) -> str:
    """Write what a training with ``config`` would save; a spread gives heads distinct scores."""
    cfg = Config.fromfile(config)
    torch.manual_seed(0)
    with DefaultScope.overwrite_default_scope(cfg.default_scope):
        model = MODELS.build(cfg.model)
    for name, parameter in model.named_parameters():
        if spread and re.search(r'(_cls|cls_convs\..*conv)\.weight$', name):
            torch.nn.init.normal_(parameter, std=spread)
    meta = dict(cfg=cfg.pretty_text, dataset_meta=dict(classes=classes))
    torch.save(dict(meta=meta, state_dict=model.state_dict()), file)
    return str(file)
