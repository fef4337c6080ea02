"""Stop if a checkpoint does not belong to the model."""

import re

from mmengine.hooks import Hook
from mmengine.runner import Runner
from torch.utils.data import Dataset

from ..errors import InputError
from ..ops.ic_layer import ic_tensors
from ..registry import HOOKS
from ..runs.unwrapped import unwrapped
from ..weights.checkpoint import Checkpoint
from ..weights.match import Match, below, compare, likely_prefix
from ..weights.pretrained import AdaptsState, with_versions


@HOOKS.register_module()
class CheckCheckpointHook(Hook):
    """Stop if a checkpoint for the whole model matches less than half of its tensors.

    ``load_from``, ``--resume`` and ``tools/test.py CONFIG CHECKPOINT`` load with ``strict=False``:
    a checkpoint of another model, or of the backbone alone, would leave the model random. A test
    and a resumed training must find all of the model's tensors, and stop if the data set has the
    classes of the checkpoint in another order.

    Raises:
        InputError: The checkpoint is another model's, or a part's, which is named, or has the
            classes in another order.
    """

    # After EMAHook (NORMAL), which puts the averaged weights into `state_dict`.
    priority = 'VERY_LOW'
    _loaded: Checkpoint | None = None
    _whole: Match | None = None

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        model = unwrapped(runner.model)
        source = runner.cfg.get('load_from') or 'the checkpoint'
        self._loaded = loaded = Checkpoint.of(checkpoint, source)
        state = {re.sub(r'^module\.', '', name): value for name, value in loaded.tensors.items()}
        if 'state_dict' in checkpoint:
            checkpoint['state_dict'] = with_versions(state, model, loaded)
        own, new = model.state_dict(), ic_tensors(model)
        for name, part in model.named_children():
            if isinstance(part, AdaptsState):
                new |= {f'{name}.{tensor}' for tensor in part.new_tensors()}
                adapted = part.adapt_state(below(state, f'{name}.'))
                state = {k: v for k, v in state.items() if not k.startswith(f'{name}.')}
                state |= {f'{name}.{tensor}': value for tensor, value in adapted.items()}
        self._whole = compare(own, state, source)
        if runner.cfg.get('resume'):
            self._whole.require_all(
                'set the config of that training, or start another from its weights with '
                f'--cfg-options load_from={source}',
                unexpected=False,
            )
        match = compare(own, state, source, new=new)
        part = None if match.has_half else likely_prefix(state, own)
        if part and len(compare(below(own, part), state, source).matched) > len(state) / 2:
            raise InputError(
                f"{source}: holds the model's {part[:-1]} alone, so the rest would stay random; "
                f"give it as model.{part}init_cfg=dict(type='Pretrained', checkpoint=...) instead"
            )
        match.require_half()

    def before_test(self, runner: Runner) -> None:
        if self._whole is not None:
            self._whole.require_all('give the config that it was trained with', unexpected=False)
        self._require_order(runner.test_dataloader.dataset)

    def before_train(self, runner: Runner) -> None:
        if runner.cfg.get('resume'):
            self._require_order(runner.train_dataloader.dataset)

    def _require_order(self, dataset: Dataset) -> None:
        trained = self._loaded.classes if self._loaded else ()
        given = tuple(getattr(dataset, 'metainfo', {}).get('classes') or ())
        if given != trained and sorted(given) == sorted(trained):
            raise InputError(
                f'{self._loaded.source}: was trained with the classes {trained}, which the data '
                'set has in another order; give them to it in that order'
            )
