"""The frozen teacher of a distillation: any mmpretrain classifier with a checkpoint."""

import torch.nn as nn
from mmengine.config import Config
from mmpretrain.registry import MODELS
from torch import Tensor

from ..checkpoint import BACKBONE, compare, read_checkpoint, tensors_of
from ..config_file import read_config
from ..errors import InputError


class Shared:
    """Holds a module outside the module tree; copies of the holder share the module."""

    def __init__(self, module: nn.Module) -> None:
        self.module = module

    def __deepcopy__(self, memo: dict) -> 'Shared':
        return self


def load_teacher(config: dict | str | None, checkpoint: str) -> nn.Module:
    """A classifier in eval mode that takes no gradient, with all its weights.

    Args:
        config: The classifier, as a dict or as the path of a config file; None takes the config
            that mmengine saved in the checkpoint.
        checkpoint: mmpretrain's, or torchvision's of the same network (``torchvision://resnet18``).

    Raises:
        InputError: The checkpoint cannot be read, has no config where none is given, or does not
            fill the classifier.
    """
    loaded = read_checkpoint(checkpoint)
    teacher = MODELS.build(_model_config(config, checkpoint, loaded))
    state = _in_mmpretrains_names(tensors_of(loaded, checkpoint))
    match = compare(teacher.state_dict(), state)
    if match.missing or match.mismatched:
        wrong = match.mismatched or match.missing
        raise InputError(
            f'the teacher checkpoint {checkpoint} does not fill the teacher: '
            f'{len(match.matched)} tensors match, {len(wrong)} do not ({wrong[0]}, ...); give the '
            'config that it was trained with'
        )
    teacher.load_state_dict({name: state[name] for name in match.matched})
    return teacher.requires_grad_(False).eval()


def _model_config(config: dict | str | None, checkpoint: str, loaded: dict) -> dict:
    if isinstance(config, dict):
        return config
    if config is None:
        text = (loaded.get('meta') or {}).get('cfg')
        if text is None:
            raise InputError(
                f'the teacher checkpoint {checkpoint} holds no config: give the teacher as well'
            )
        full = Config.fromstring(text, '.py')
    else:
        full = read_config(config)
    if 'model' not in full:
        raise InputError(f'the teacher config {config or checkpoint} has no model')
    model = full.model
    if 'data_preprocessor' in full:
        model.setdefault('data_preprocessor', full.data_preprocessor)
    return model


def _in_mmpretrains_names(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """torchvision keeps backbone and ``fc`` side by side, without a prefix."""
    if any(name.startswith(BACKBONE) for name in state):
        return state
    return {
        ('head.' if name.startswith('fc.') else BACKBONE) + name: value
        for name, value in state.items()
    }


def require_same_input(student: nn.Module, teacher: nn.Module) -> None:
    """Both see the batch that the student's data preprocessor makes: it must be the teacher's.

    A teacher that normalises nothing itself (a dict without ``data_preprocessor``) fits any.

    Raises:
        InputError: Another mean, standard deviation or channel order.
    """
    if getattr(teacher, 'mean', None) is None:
        return
    for name in ('mean', 'std', 'to_rgb'):
        mine, its = getattr(student, name, None), getattr(teacher, name)
        # The student may be on a GPU already, the teacher not yet.
        shown = [v.flatten().tolist() if isinstance(v, Tensor) else v for v in (mine, its)]
        if shown[0] != shown[1]:
            raise InputError(
                f"the teacher's data_preprocessor has {name}={shown[1]}, the student's {shown[0]}: "
                'both see the same batch, give the student the values of the teacher'
            )
