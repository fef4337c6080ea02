"""Checkpoints that survive whatever ends the training."""

import errno
import os
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mmengine.dist import is_main_process
from mmengine.fileio import LocalBackend
from mmengine.hooks import CheckpointHook
from mmengine.runner import Runner

from ..atomic_write import TEMPORARY
from ..errors import NO_ROOM, InputError
from ..registry import HOOKS
from ..runs.unwrapped import unwrapped
from ..runs.work_dir import NOTE, what_is_saved
from .atomic_backend import BACKEND, AtomicBackend
from .deferred_signals import deferred_signals
from .finite import non_finite, require_finite

WAIT = 'A checkpoint is being saved; the training stops when it is complete.'

ADVICE = {
    **NO_ROOM,
    errno.EACCES: 'make the folder writable',
    errno.EPERM: 'make the folder writable',
    errno.EROFS: 'make the folder writable',
    errno.ENOENT: 'leave the work dir of a running training in its place',
}


@HOOKS.register_module()
class SafeCheckpointHook(CheckpointHook):
    """mmengine's CheckpointHook, with its arguments, that never leaves a run without a checkpoint.

    mmengine deletes the outdated file first and then writes the new one in place, so that a run
    with ``max_keep_ckpts=1`` that is killed in between has lost everything. Here

    - a model that is not finite is not saved;
    - ``epoch_N.pth``, the best checkpoints and ``last_checkpoint`` are written under another name,
      brought to the disk and only then renamed; outdated files are deleted after that;
    - Ctrl-C and SIGTERM wait for the end of a save;
    - a save that fails ends the training with a sentence and leaves the previous files.

    Where ``out_dir`` or ``backend_args`` name something other than a local folder, the files are
    written in mmengine's own way, after the check that the model is finite.

    Raises:
        InputError: The model is not finite, or the checkpoint cannot be written; with the last
            sound checkpoint.
    """

    def before_train(self, runner: Runner) -> None:
        super().before_train(runner)
        # Buffers that are infinite by design, such as the mask of an attention.
        self._never_finite = set(non_finite(dict(unwrapped(runner.model).named_buffers())))
        self._local = type(self.file_backend) in (LocalBackend, AtomicBackend)
        if not self._local:
            return
        self.backend_args = dict(backend=BACKEND)
        self.file_backend = AtomicBackend()
        self._use_own_best()
        self._use_own_last(runner)
        with self._explained(runner):
            os.makedirs(self.out_dir, exist_ok=True)
            if is_main_process():
                self._remove_temporary(runner.work_dir)

    def _use_own_best(self) -> None:
        """Let a moved or copied work dir replace its own best checkpoint, not the original's."""
        if getattr(self, 'best_ckpt_path', None):
            self.best_ckpt_path = self._own(self.best_ckpt_path)
        for key, path in getattr(self, 'best_ckpt_path_dict', {}).items():
            self.best_ckpt_path_dict[key] = path and self._own(path)

    def _use_own_last(self, runner: Runner) -> None:
        """Find the last checkpoint of a resumed run, in which mmengine notes a new best one."""
        last = runner.message_hub.runtime_info.get('last_ckpt')
        if last and os.path.isfile(self._own(last)):
            self.last_ckpt = self._own(last)

    def _remove_temporary(self, work_dir: str) -> None:
        """Delete what a killed save left behind."""
        written = f'*{self.filename_tmpl.format("*")}{TEMPORARY}'
        note = Path(work_dir, f'{NOTE}{TEMPORARY}')
        for path in (*Path(self.out_dir).glob(written), note):
            path.unlink(missing_ok=True)

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        names = {
            name.removeprefix('module.')  # as an averaged model has it
            for part in ('state_dict', 'ema_state_dict')
            for name in non_finite(checkpoint.get(part, {}))
        }
        require_finite(runner, checkpoint, sorted(names - self._never_finite))

    def _save_checkpoint_with_step(self, runner: Runner, step: int, meta: dict) -> None:
        """Save, note it in ``last_checkpoint``, and delete what is outdated, in this order."""
        if not self._local:
            super()._save_checkpoint_with_step(runner, step, meta)
            return
        with deferred_signals(WAIT), self._explained(runner):
            self._queue_outdated(runner, step)
            name = self.filename_tmpl.format(step)
            self.last_ckpt = self._path(name)
            runner.message_hub.update_info('last_ckpt', self.last_ckpt)
            runner.save_checkpoint(
                self.out_dir,
                name,
                save_optimizer=self.save_optimizer,
                save_param_scheduler=self.save_param_scheduler,
                meta=meta,
                by_epoch=self.by_epoch,
                backend_args=self.backend_args,
                **self.args,
            )
            if is_main_process():
                note = os.path.join(runner.work_dir, NOTE)
                self.file_backend.put_text(self.last_ckpt, note)
                self._remove_outdated()

    def _save_best_checkpoint(self, runner: Runner, metrics: dict) -> None:
        for key in self.key_indicators if self.save_best else ():
            if metrics and key not in ('auto', *metrics):
                raise InputError(
                    f'default_hooks.checkpoint.save_best={key}: is not measured; give one of '
                    f"{', '.join(sorted(metrics))}, or 'auto'"
                )
        if not self._local:
            super()._save_best_checkpoint(runner, metrics)
            return
        with deferred_signals(WAIT), self._explained(runner):
            super()._save_best_checkpoint(runner, metrics)
            if is_main_process():
                self._remove_outdated()

    def _queue_outdated(self, runner: Runner, step: int) -> None:
        if self.max_keep_ckpts <= 0:
            return
        steps = [*(kept for kept in self.keep_ckpt_ids if kept != step), step]
        # The checkpoint also names what is outdated, so that a start after a kill deletes it.
        runner.message_hub.update_info('keep_ckpt_ids', steps)
        self.keep_ckpt_ids = deque(steps, self.max_keep_ckpts)
        if is_main_process():
            for outdated in steps[: -self.max_keep_ckpts]:
                self.file_backend.remove(self._path(self.filename_tmpl.format(outdated)))

    def _remove_outdated(self) -> None:
        best = getattr(self, 'best_ckpt_path_dict', {})
        written = {self.last_ckpt, getattr(self, 'best_ckpt_path', None), *best.values()}
        self.file_backend.remove_outdated(keep=written)

    def _path(self, name: str) -> str:
        return os.path.join(self.out_dir, name)

    def _own(self, path: str) -> str:
        """The file of that name in this run's folder, wherever the checkpoint was written."""
        return self._path(os.path.basename(path))

    @contextmanager
    def _explained(self, runner: Runner) -> Iterator[None]:
        """Turn the system's refusal to write into a sentence."""
        try:
            yield
        except (OSError, MemoryError, RuntimeError) as error:
            if isinstance(error, OSError):
                reason = error.strerror or str(error)
                advice = ADVICE.get(error.errno, 'choose another --work-dir')
            elif _lacks_memory(error):
                reason, advice = 'not enough memory', 'free some memory or train a smaller model'
            else:
                raise
            raise InputError(
                f'{self.out_dir}: the checkpoint cannot be saved ({reason}); {advice}; '
                f'{what_is_saved(runner.work_dir)}'
            ) from error


def _lacks_memory(error: BaseException | None) -> bool:
    """Whether the error, or the one that it followed, is Python's or PyTorch's lack of memory."""
    if error is None:
        return False
    text = str(error).lower()
    return (
        isinstance(error, MemoryError)
        or 'out of memory' in text
        or 'allocate memory' in text
        or _lacks_memory(error.__context__)
    )
