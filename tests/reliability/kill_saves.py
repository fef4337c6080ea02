"""Kill trainings while they save, go on from what they left, and count what was lost.

    python tests/reliability/kill_saves.py --kills 200 --signals 20

Every training keeps one checkpoint, has a new best one after each epoch, and is killed some time
after its first save. It is lost where it cannot go on from the last epoch whose save had ended, or
where it then does not end with the bits of a training that nobody killed. ``--hook CheckpointHook``
does the same to mmengine's own hook. SIGKILL takes the process and not the machine: that files are
on the disk before they get their name is tested by the order of the calls.
"""

import argparse
import functools
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from disk import CHUNKS, Operation, watch
from training import EPOCHS, SAFE, Child, equal, resumable, train, weights

BALLAST = 20_000  # 80 kB, so that a file is not written in one piece
SLOW = 0.003  # seconds a piece on the slow disk
SAVED = 'saved'  # marks the end of the save of an epoch among the operations

Within = Callable[[list[Operation], int], bool]


def _in_file(name: str) -> Within:
    return lambda operations, index: operations[index].name.startswith(name)


def _rewriting(operations: list[Operation], index: int) -> bool:
    """Whether an epoch's file is written once more, to hold the name of the new best one."""
    before = [operation for operation in operations[:index] if operation.what == SAVED][-1]
    return operations[index].name.startswith(f'epoch_{before.name}')


AT_RANDOM = 'at random'
ON_A_SLOW_DISK = 'at random, on a slow disk'
MOMENTS: dict[str, Within] = {
    'around a removal': lambda operations, index: operations[index].what == 'remove',
    'in the file of an epoch': _in_file('epoch_'),
    'in its rewriting': _rewriting,
    'in the best file': _in_file('best_'),
    'in last_checkpoint': _in_file('last_checkpoint'),
}


class Trials:
    """Trainings that are interrupted, each in a folder of its own.

    Args:
        folder: Where they are, next to one that nothing interrupts.
        hook: Type of the checkpoint hook.

    Attributes:
        operations: What the training does to its files, in order, the same in every trial.
        after_first: Indices of the operations after the save of the first epoch.
    """

    def __init__(self, folder: Path, hook: str = SAFE) -> None:
        self.folder, self.hook = folder, hook
        self._started = 0
        began = time.monotonic()
        _, code, _ = self._interrupt_at(None, 0)
        self._seconds = time.monotonic() - began
        if code:
            raise RuntimeError(f'the training fails: {self.log.read_text()}')
        self._whole = weights(folder / '1')
        self.operations = [Operation(*row) for row in json.loads(self._record.read_text())]
        first = self.operations.index(Operation(SAVED, '1'))
        self.after_first = range(first + 1, len(self.operations))

    @property
    def log(self) -> Path:
        return self.folder / 'log'

    @property
    def _record(self) -> Path:
        return self.folder / 'operations.json'

    def _new_work_dir(self) -> Path:
        self._started += 1
        return self.folder / str(self._started)

    def _train(self, report: Callable[[int], None], work_dir: Path, **settings) -> None:
        train(work_dir, report=report, ballast=BALLAST, **{'hook': self.hook, **settings})

    def _interrupt_at(self, index: int | None, number: int) -> tuple[Path, int, int]:
        """Let a training send itself a signal at an operation; without an index, record them."""
        work_dir = self._new_work_dir()

        def work(report: Callable[[int], None]) -> None:
            operations: list[Operation] = []

            def notice(operation: Operation) -> None:
                operations.append(operation)
                if len(operations) - 1 == index:
                    os.kill(os.getpid(), number)

            def saved(epoch: int) -> None:
                operations.append(Operation(SAVED, str(epoch)))
                report(epoch)

            watch(notice)
            self._train(saved, work_dir)
            self._record.write_text(json.dumps(operations))

        code, saved = Child(work, self.log).wait()
        return work_dir, code, saved

    def kill(self, index: int) -> str | None:
        """Kill at an operation; what was lost, or None."""
        work_dir, code, saved = self._interrupt_at(index, signal.SIGKILL)
        if code != -signal.SIGKILL:
            return f'the training was not killed but ended with code {code}'
        return self._lost(work_dir, saved)

    def kill_at_random(self, rng: random.Random, slow: bool) -> str | None:
        """Kill at any time after the first save; what was lost, or None."""
        work_dir = self._new_work_dir()
        delay = SLOW if slow else 0.0

        def work(report: Callable[[int], None]) -> None:
            watch(lambda operation: None, delay)
            self._train(report, work_dir)

        child = Child(work, self.log)
        child.next_report()
        rest = (EPOCHS - 1) / EPOCHS * self._seconds / 2  # half of it is the start
        pieces = (EPOCHS - 1) * 3 * CHUNKS
        time.sleep(rng.uniform(0, rest + pieces * delay))
        os.kill(child.pid, signal.SIGKILL)
        _, saved = child.wait()
        return self._lost(work_dir, max(saved, 1))

    def stop(self, index: int, number: signal.Signals) -> str | None:
        """Send a signal at an operation, whose save must end nevertheless; what was lost."""
        work_dir, code, saved = self._interrupt_at(index, number)
        if code != (130 if number == signal.SIGINT else -number):
            return f'the training did not stop but ended with code {code}'
        if list(work_dir.glob('*.tmp')):
            return 'the save did not end'
        begun = any(
            operation.name.startswith(f'epoch_{saved + 1}.')
            for operation in self.operations[: index + 1]
        )
        return self._lost(work_dir, saved + begun)

    def _lost(self, work_dir: Path, saved: int) -> str | None:
        """What is wrong with what is left, or None, and then the folder goes.

        Args:
            work_dir: The folder of the interrupted training.
            saved: The last epoch whose save had ended.
        """
        found = resumable(work_dir)
        if found is None:
            return 'there is nothing to resume from'
        path, epoch = found
        if epoch < saved:
            return f'epoch {epoch} is left where epoch {saved} was saved'
        go_on = functools.partial(self._train, work_dir=work_dir, resume=path, hook=SAFE)
        code, _ = Child(go_on, self.log).wait()
        if code:
            return f'going on from it ends with code {code}'
        if not equal(weights(work_dir), self._whole):
            return 'the training that went on ends with other weights'
        if rest := [*work_dir.glob('*.tmp'), *work_dir.glob('epoch_*.pth')][:-1]:
            return f'{rest[0].name} is left over'
        shutil.rmtree(work_dir)
        return None


def spread(indices: list[int], count: int) -> list[int]:
    """``count`` of the indices, evenly, each as often as the others."""
    return [indices[i * len(indices) // count] for i in range(count)]


def count_losses(trials: Trials, kills: int, signals: int) -> dict[str, list[str | None]]:
    """What each interruption lost, by its moment.

    Args:
        trials: The trainings.
        kills: Number of SIGKILLs, in equal shares for all moments.
        signals: Number of interruptions by Ctrl-C, and as many by SIGTERM.
    """
    kinds = [AT_RANDOM, *MOMENTS, ON_A_SLOW_DISK]
    results: dict[str, list[str | None]] = {}
    rng = random.Random(0)
    for number, kind in enumerate(kinds):
        count = kills * (number + 1) // len(kinds) - kills * number // len(kinds)
        if within := MOMENTS.get(kind):
            chosen = [i for i in trials.after_first if within(trials.operations, i)]
            results[kind] = [trials.kill(index) for index in spread(chosen, count)]
        else:
            slow = kind == ON_A_SLOW_DISK
            results[kind] = [trials.kill_at_random(rng, slow) for _ in range(count)]
    in_saves = [i for i in trials.after_first if trials.operations[i].what != SAVED]
    for name, number in {'Ctrl-C': signal.SIGINT, 'SIGTERM': signal.SIGTERM}.items():
        results[f'{name} in a save'] = [
            trials.stop(index, number) for index in spread(in_saves, signals)
        ]
    return results


def table(results: dict[str, list[str | None]]) -> str:
    """Counts a line, then what was lost."""
    rows = [f'{"interrupted":<28}{"trials":>7}{"lost":>6}']
    for kind, losses in results.items():
        lost = [loss for loss in losses if loss]
        rows.append(f'{kind:<28}{len(losses):>7}{len(lost):>6}  {", ".join(sorted(set(lost)))}')
    losses = [loss for kind in results.values() for loss in kind]
    rows.append(f'{"all":<28}{len(losses):>7}{sum(map(bool, losses)):>6}')
    return '\n'.join(row.rstrip() for row in rows)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('--kills', type=int, default=200, help='number of SIGKILLs')
    parser.add_argument('--signals', type=int, default=20, help='of Ctrl-C, and of SIGTERM')
    parser.add_argument('--hook', default=SAFE, help='type of the checkpoint hook')
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        results = count_losses(Trials(Path(folder), args.hook), args.kills, args.signals)
    print(table(results))
    return int(any(loss for losses in results.values() for loss in losses))


if __name__ == '__main__':
    sys.exit(main())
