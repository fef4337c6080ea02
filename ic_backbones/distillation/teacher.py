"""The frozen teacher of a distillation: any mmpretrain classifier with a checkpoint."""

import torch.nn as nn
from mmpretrain.registry import MODELS
from torch import Tensor

from ..config_file import read_config, whole_model
from ..errors import InputError
from ..ops.ic_layer import W_PRIME_NAMES
from ..weights.checkpoint import BACKBONE, Checkpoint
from ..weights.match import compare, first
from ..weights.pretrained import with_versions
from ..weights.registered import require_registered


class Shared:
    """Holds a module outside the module tree; copies of this object share the module."""

    def __init__(self, module: nn.Module) -> None:
        self.module = module

    def __deepcopy__(self, memo: dict) -> 'Shared':
        return self


def load_teacher(config: dict | str | None, checkpoint: str) -> nn.Module:
    """A classifier in eval mode that takes no gradient, with all its weights.

    Args:
        config: The classifier, as a dict or as the path of a config file; None takes the config
            that mmengine saved in the checkpoint.
        checkpoint: The file or address of its weights, mmpretrain's or torchvision's of the same
            network (``torchvision://resnet18``).

    Raises:
        InputError: The checkpoint cannot be read, holds no config and none is given, does not fill
            the classifier, or holds IC layers that the classifier lacks.
    """
    loaded = Checkpoint.read(checkpoint)
    teacher = MODELS.build(_model_config(config, loaded))
    state = _in_mmpretrains_names(loaded.tensors)
    match = compare(teacher.state_dict(), state, f'the teacher {checkpoint}')
    match.require_all('give the config that it was trained with', unexpected=False)
    left_out = [name for name in match.unexpected if name.endswith(W_PRIME_NAMES)]
    if left_out:
        raise InputError(
            f'the teacher {checkpoint}: holds IC layers that its config lacks ({first(left_out)}); '
            'give the checkpoint of a network without IC layers'
        )
    matched = {name: state[name] for name in match.matched}
    teacher.load_state_dict(with_versions(matched, teacher, loaded))
    return teacher.requires_grad_(False).eval()


def _model_config(config: dict | str | None, loaded: Checkpoint) -> dict:
    if isinstance(config, dict):
        return config
    full = loaded.config if config is None else read_config(config)
    if full is None:
        raise InputError(
            f"the teacher {loaded.source}: its checkpoint holds no config; give the teacher's, too"
        )
    if 'model' not in full:
        raise InputError(
            f'the teacher {config or loaded.source}: its config has no model; give a classifier'
        )
    if config is None:
        require_registered(full.model, loaded.source)
    return whole_model(full)


def _in_mmpretrains_names(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """torchvision keeps backbone and ``fc`` side by side, without a prefix."""
    if any(name.startswith(BACKBONE) for name in state):
        return state
    return {
        ('head.' if name.startswith('fc.') else BACKBONE) + name: value
        for name, value in state.items()
    }


def require_same_input(student: nn.Module, teacher: nn.Module) -> None:
    """Check that the teacher takes the batch that the student's data preprocessor makes.

    A teacher that normalises nothing itself (a dict without ``data_preprocessor``) takes any.

    Args:
        student: The student's data preprocessor.
        teacher: The teacher's data preprocessor.

    Raises:
        InputError: They have another mean, standard deviation or channel order.
    """
    if getattr(teacher, 'mean', None) is None:
        return
    for name in ('mean', 'std', 'to_rgb'):
        mine, its = getattr(student, name, None), getattr(teacher, name)
        # The student may be on a GPU already, the teacher not yet.
        shown = [v.flatten().tolist() if isinstance(v, Tensor) else v for v in (mine, its)]
        if shown[0] != shown[1]:
            raise InputError(
                f"data_preprocessor: the teacher's {name} is {shown[1]}, the student's {shown[0]}; "
                'give the student the values of the teacher, because both see the same batch'
            )
