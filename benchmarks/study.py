"""Train the rows of a table with several seeds each and print the table.

    python benchmarks/study.py benchmarks/studies/ic_cifar10.py --seeds 3 [--jobs 2]

To be called in the root of the repository. A study is a Python file of plain tables:

    common = {'train_cfg.max_epochs': 10}  # overrides of every row's config
    rows = {
        'ResNet-18': dict(config='configs/cifar10/resnet18_200e.py'),
        'IC-ResNet-18': dict(
            config='configs/cifar10/ic_resnet18_200e.py',
            options={'load_from': '{teacher}'},  # overrides of this row's
            teacher='ResNet-18',  # an earlier row: {teacher} is its checkpoint of seed 0
        ),
    }
    reach = (50, 60)  # accuracies whose epochs the table shows

Each row and seed is a run of tools/train.py on one thread, in a folder of its own below --work-dir.
A run that is finished is not done again unless its config has changed.
"""

import argparse
import os
import runpy
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from pathlib import Path

from mmengine.config import Config

from ic_backbones.config_file import read_config
from ic_backbones.errors import InputError, run_tool
from ic_backbones.runs.options import make_folder
from ic_backbones.runs.scalars import read_scalars
from ic_backbones.runs.work_dir import last_checkpoint

TRAIN = Path(__file__).parents[1] / 'tools' / 'train.py'
METRIC = 'accuracy/top1'


def read_study(path: str) -> dict:
    """The tables of a study.

    Raises:
        InputError: it cannot be read, or a row's teacher is not above it.
    """
    sys.path.insert(0, str(Path(path).parent))  # a study may import what several share
    try:
        study = runpy.run_path(path)
    except Exception as error:  # a study is code: it can raise anything
        raise InputError(f'{path}: cannot be read, {type(error).__name__}: {error}') from error
    rows = study.get('rows') or {}
    if not rows or not all('config' in row for row in rows.values()):
        raise InputError(f'{path}: needs rows = {{label: dict(config=...)}}')
    labels = list(rows)
    for label, row in rows.items():
        if 'teacher' in row and row['teacher'] not in labels[: labels.index(label)]:
            raise InputError(f'{path}: {label!r} needs its teacher {row["teacher"]!r} above it')
    return dict(rows=rows, common=study.get('common', {}), reach=study.get('reach', ()))


def run_config(row: dict, common: dict, seed: int, teacher: str | None) -> Config:
    """A row's config with the study's overrides, the row's own, and the seed."""
    cfg = read_config(row['config'])
    options = {**common, **row.get('options', {}), 'randomness.seed': seed}
    cfg.merge_from_dict(
        {
            key: value.format(teacher=teacher) if isinstance(value, str) else value
            for key, value in options.items()
        }
    )
    return cfg


def train(cfg: Config, folder: Path) -> bool:
    """Train in ``folder``, unless the same training is finished there; say whether it was needed.

    Raises:
        InputError: it failed; the log's last line is the reason.
    """
    config = folder.with_suffix('.py')  # beside the folder, where Runner writes its own copy
    last = f'epoch_{cfg.train_cfg.max_epochs}.pth'
    same = config.is_file() and config.read_text() == cfg.pretty_text
    if same and Path(last_checkpoint(folder) or '').name == last:
        return False
    if config.is_file():  # never a folder that no study has made
        shutil.rmtree(folder, ignore_errors=True)
    make_folder(folder, '--work-dir')
    config.write_text(cfg.pretty_text)
    log = folder / 'output.txt'
    with log.open('w') as out:
        code = subprocess.call(
            [sys.executable, str(TRAIN), str(config), '--work-dir', str(folder)],
            stdout=out,
            stderr=subprocess.STDOUT,
            env=os.environ | dict(OMP_NUM_THREADS='1'),
        )
    if code:
        reason = (log.read_text().strip().splitlines() or ['no output'])[-1]
        raise InputError(f'{log}: the training failed ({reason}); mend that, the rest is kept')
    return True


def train_all(study: dict, work_dir: Path, seeds: int, jobs: int) -> None:
    """Train every row with every seed, ``jobs`` at a time, and tell how far it is."""
    runs = [(label, seed) for seed in range(seeds) for label in study['rows']]
    futures: dict[tuple[str, int], Future] = {}

    def one(label: str, seed: int) -> bool:
        row = study['rows'][label]
        teacher = None
        if 'teacher' in row:
            futures[row['teacher'], 0].result()  # started before this one: no deadlock
            teacher = last_checkpoint(run_folder(work_dir, row['teacher'], 0))
        cfg = run_config(row, study['common'], seed, teacher)
        return train(cfg, run_folder(work_dir, label, seed))

    start, trained = time.monotonic(), 0
    with ThreadPoolExecutor(jobs) as pool:
        for run in runs:
            futures[run] = pool.submit(one, *run)
        names = {future: run for run, future in futures.items()}
        try:
            for done, future in enumerate(as_completed(names), 1):
                trained += future.result()
                label, seed = names[future]
                accuracy = accuracies(run_folder(work_dir, label, seed))[-1]
                left = (time.monotonic() - start) / max(trained, 1) * (len(runs) - done) / 60
                print(
                    f'[{done}/{len(runs)}] {label}, seed {seed}: {accuracy:.1f} %; '
                    f'about {left:.0f} min to go',
                    flush=True,
                )
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def run_folder(work_dir: Path, label: str, seed: int) -> Path:
    name = ''.join(char if char.isalnum() or char in '-.' else '_' for char in label)
    return work_dir / name / f'seed_{seed}'


def accuracies(folder: Path) -> list[float]:
    """Percent after each epoch."""
    return [row[METRIC] for row in read_scalars(folder).val]


def iteration_time(folder: Path) -> float:
    return statistics.median(row['time'] for row in read_scalars(folder).train)


def table(study: dict, work_dir: Path, seeds: int) -> str:
    """The Markdown table: a line a row, with means over the seeds."""
    reach = study['reach']
    head = ['network', 'accuracy (%)', *(f'epochs to {value} %' for value in reach), 'time']
    lines = [head, ['---'] * len(head)]
    base = None
    for label in study['rows']:
        folders = [run_folder(work_dir, label, seed) for seed in range(seeds)]
        curves = [accuracies(folder) for folder in folders]
        final = [curve[-1] for curve in curves]
        spread = f' ± {statistics.stdev(final):.2f}' if seeds > 1 else ''
        seconds = statistics.median(map(iteration_time, folders))
        base = base or seconds
        epochs = [_mean_epoch(curves, value) for value in reach]
        lines.append(
            [label, f'{statistics.mean(final):.2f}{spread}', *epochs, f'{seconds / base:.2f}']
        )
    return '\n'.join(f'| {" | ".join(line)} |' for line in lines)


def _mean_epoch(curves: list[list[float]], accuracy: float) -> str:
    """Mean over the curves of the first epoch at ``accuracy``; '–' where one never gets there."""
    firsts = [
        next((epoch for epoch, value in enumerate(curve, 1) if value >= accuracy), None)
        for curve in curves
    ]
    return '–' if None in firsts else f'{statistics.mean(firsts):.1f}'


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('study', help='file in benchmarks/studies/')
    parser.add_argument('--seeds', type=int, default=3)
    parser.add_argument('--jobs', type=int, default=1, help='runs at a time (default: 1)')
    parser.add_argument('--work-dir', help='default: work_dirs/studies/<name of the study>')
    args = parser.parse_args(argv)
    if args.seeds < 1 or args.jobs < 1:
        raise InputError('--seeds and --jobs: give at least 1')
    study = read_study(args.study)
    work_dir = Path(args.work_dir or Path('work_dirs/studies') / Path(args.study).stem)
    train_all(study, work_dir, args.seeds, args.jobs)
    print(
        f'\n{args.seeds} seeds: mean ± standard deviation of the last epoch; mean of the first '
        f'epoch\nat an accuracy; median iteration against the first row.\n\n'
        + table(study, work_dir, args.seeds)
    )


if __name__ == '__main__':
    run_tool(main)
