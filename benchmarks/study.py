"""Train the rows of a study with several seeds each; print a table and draw the curves.

    python benchmarks/study.py benchmarks/studies/screen_scratch_cifar10.py --seeds 3 --jobs 2

Run it in the root of the repository. A study is a Python file of plain tables:

    common = {'train_cfg.max_epochs': 10}  # overrides of every row's config
    rows = {
        'ResNet-18': dict(
            config='configs/cifar10/resnet18_200e.py',
            seeds=1,  # at most this many seeds; by default as many as --seeds
        ),
        'IC-ResNet-18': dict(
            config='configs/cifar10/ic_resnet18_200e.py',
            options={'load_from': '{teacher}'},  # overrides of this row's config
            teacher='ResNet-18',  # an earlier row: {teacher} is its checkpoint of seed 0
            against='ResNet-18',  # a row above it, itself, or a list; by default the first row
        ),
    }
    together = {'IC': [('IC-ResNet-18', 'ResNet-18')]}  # pairs of rows that answer one question

A function `prepare` in the file, if there is one, runs before the first training, to make data.
Each row and seed is a run of tools/train.py on one thread. A seed gives all rows the same order of
the data and the same augmentation, so differences are taken seed by seed. The result of a finished
run is a small file in --results, to be committed: such a run is not done again, here, in another
clone or in another study, unless its config or its teacher's result has changed. Checkpoints and
logs lie in --work-dir.

--equal-time trains each row once more, for about as long as the first row that it is compared with,
with its schedule scaled to match. Accuracies in the middle of a schedule would not do: before its
learning rate has come down, a network is far below what a shorter schedule reaches. The time of a
training step is measured beforehand, alternately within one process; the times of whole training
runs say little on a machine that others use.
"""

import argparse
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import replace

from command_line import positive, require_picture
from study_compare import TOGETHER, caption, markdown, table, together_table
from study_costs import read_costs
from study_file import Study, read_study
from study_picture import curves_picture
from study_process import stop, stopped
from study_result import Result
from study_runs import Run, runs_of

from ic_backbones.errors import InputError
from ic_backbones.runs.outputs import make_folder
from ic_backbones_tools.command import run_tool


def train_all(runs: Sequence[Run], jobs: int) -> None:
    """Train what is not finished, ``jobs`` runs at a time, and tell how far it is.

    A teacher that has lost its checkpoint is trained again, before its students.

    Raises:
        InputError: A training failed; the others that had started have been completed.
    """
    todo = _unfinished(runs)
    if todo and todo[0].study.prepare:
        todo[0].study.prepare()
    while todo:
        ready = [run for run in todo if run.teacher is None or run.teacher.is_ready()]
        _train_side_by_side(ready, jobs)
        todo = _unfinished(runs)


def _unfinished(runs: Sequence[Run]) -> list[Run]:
    """What there is to train, once each, with the teachers that it needs."""
    todo = [run for run in runs if run.result() is None]
    for run in todo:  # grows while it goes on: a teacher may need one itself
        if run.teacher is not None and not run.teacher.is_ready():
            todo.append(run.teacher)
    return list({run.digest: run for run in todo}.values())


def _train_side_by_side(runs: Sequence[Run], jobs: int) -> None:
    stopped.clear()
    pool = ThreadPoolExecutor(jobs)
    try:
        futures = {pool.submit(_train, run): run for run in runs}
        try:
            _report(futures)
        except Exception:
            pool.shutdown()  # what has started is completed
            raise
    except KeyboardInterrupt:
        stop()
        raise
    finally:
        pool.shutdown()


def _train(run: Run) -> Result | None:
    """The result of a run; None if another one has failed before it started."""
    try:
        return None if stopped.is_set() else run.train()
    except Exception:
        stopped.set()  # before this thread takes the next run
        raise


def _report(futures: Mapping[Future, Run]) -> None:
    start = time.monotonic()
    for done, future in enumerate(as_completed(futures), 1):
        if (result := future.result()) is not None:
            left = (time.monotonic() - start) / done * (len(futures) - done) / 60
            print(
                f'[{done}/{len(futures)}] {futures[future].name}: {result.accuracy[-1]:.1f} %; '
                f'about {left:.0f} min to go',
                flush=True,
            )


def require_equal_time(study: Study) -> None:
    """Refuse a study whose rows cannot be trained for equal time.

    Raises:
        InputError: A row is a detector, or its epochs may have another number of batches than those
            that it is timed by.
    """
    for label in study.rows:
        own, base = (Run(study, name, 0) for name in (label, study.against(label)[0]))
        if own.is_detector:
            raise InputError(
                f'{label!r}: the training step of a detector is not timed; leave out --equal-time'
            )
        if own.config().train_dataloader != base.config().train_dataloader:
            raise InputError(
                f'{label!r}: it has another train_dataloader than {base.label!r}, so their epochs '
                'cannot be compared; leave out --equal-time'
            )


def equal_time_runs(study: Study, runs: Sequence[Run], steps: Mapping[str, float]) -> list[Run]:
    """A run of about as long a training as its first comparison row's, where both are known."""
    timed = []
    for run in runs:
        against = study.against(run.label)[0]
        if against in steps and run.label in steps:
            epochs = replace(run, label=against).epochs * steps[against] / steps[run.label]
            timed.append(run.with_epochs(max(1, round(epochs))))
    return timed


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('study', help='file in benchmarks/studies/')
    parser.add_argument('--seeds', type=positive, default=3)
    parser.add_argument('--jobs', type=positive, default=1, help='runs at a time (default: 1)')
    parser.add_argument(
        '--equal-time', action='store_true', help='also train each row for equal time'
    )
    parser.add_argument('--work-dir', help='default: work_dirs/studies/<name of the study>')
    parser.add_argument('--results', help='default: benchmarks/results/<name of the study>')
    parser.add_argument('--picture', help='default: docs/studies/<name of the study>.png')
    args = parser.parse_args(argv)
    study = read_study(args.study, args.work_dir, args.results, args.picture)
    make_folder(study.results, '--results')
    require_picture(study.picture, '--picture')
    if args.equal_time:
        require_equal_time(study)
    runs = runs_of(study, args.seeds)
    train_all(runs, args.jobs)
    costs = read_costs(study)
    timed = equal_time_runs(study, runs, costs.steps) if args.equal_time else []
    train_all(timed, args.jobs)
    print(f'\n{caption(runs, timed)}\n\n{markdown(table(study, runs, timed, costs))}')
    if study.together:
        print(f'\n{TOGETHER}\n\n{markdown(together_table(study, runs))}')
    curves_picture(study, runs)
    print(f'\n{study.picture}')


if __name__ == '__main__':
    run_tool(main)
