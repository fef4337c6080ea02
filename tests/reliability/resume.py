"""Train 2N epochs, and N that are resumed for N more; both must end with the same bits.

    python tests/reliability/resume.py

For a detector, a classifier, weak logit distillation and an averaged model, each without workers,
with workers that start again in each epoch, and with persistent ones. The configs are the project's
own, on drawn data and narrow, with random crops, flips and colours, and without a given seed.
``--without-seeding`` leaves SeedEpochHook out, to see which of them it takes.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np
from mmengine.config import Config
from training import Child, equal, weights

from ic_backbones.datasets.voc.sample import make_sample_voc
from ic_backbones_tools.train import main as train

ROOT = Path(__file__).parents[2]
EPOCHS = 4
WORKERS = {
    'no worker': dict(num_workers=0, persistent_workers=False),
    '2 workers': dict(num_workers=2, persistent_workers=False),
    '2 persistent workers': dict(num_workers=2, persistent_workers=True),
}
KINDS = ('detector', 'classifier', 'distillation', 'averaged model')
COLOURS = dict(type='mmdet.PhotoMetricDistortion')


class Trainings:
    """Configs for the trainings, and what they are trained on.

    Args:
        folder: Where data, configs and work dirs are.
        seeding: Whether SeedEpochHook runs, as it does in every config of the project.
        epochs: 2N, the number of epochs of a whole training.
    """

    def __init__(self, folder: Path, seeding: bool = True, epochs: int = EPOCHS) -> None:
        self.folder, self.seeding, self.epochs = folder, seeding, epochs
        self.log = folder / 'log'
        make_sample_voc(folder / 'voc', train=6, val=2, seed=0, size=(96, 80))
        rng = np.random.default_rng(0)
        for split in ('train', 'val'):
            for name in ('disc', 'square'):
                (folder / 'crops' / split / name).mkdir(parents=True)
                for index in range(4):
                    image = rng.integers(0, 256, (40, 40, 3), dtype=np.uint8)
                    cv2.imwrite(str(folder / 'crops' / split / name / f'{index}.png'), image)

    def _config(self, kind: str, workers: str) -> Path:
        """Write a config of the project with a few channels and images."""
        name = dict(
            detector='faster_rcnn_ic_r18_sample.py', distillation='sample/ic_resnet18_wld_10e.py'
        ).get(kind, 'sample/resnet18_20e.py')
        cfg = Config.fromfile(ROOT / 'configs' / name)
        cfg.model.backbone.update(stem_channels=8, base_channels=8)
        loader = cfg.train_dataloader
        if kind == 'detector':
            cfg.model.neck.in_channels = [8, 16, 32, 64]
            for data in (loader, cfg.val_dataloader):
                data.dataset.data_root = str(self.folder / 'voc')
            loader.batch_sampler = dict(type='AspectRatioBatchSampler')
        else:
            cfg.model.head.in_channels = 64
            for data in (loader, cfg.val_dataloader):
                data.dataset.data_root = str(self.folder / 'crops')
        loader.dataset.pipeline.insert(-1, COLOURS)
        loader.update(batch_size=2, **WORKERS[workers])
        cfg.val_dataloader.update(num_workers=0, persistent_workers=False)
        if kind == 'distillation':
            cfg.model.teacher_checkpoint = self.teacher()
        if kind == 'averaged model':
            ema = dict(type='EMAHook', momentum=0.1, update_buffers=True)
            cfg.custom_hooks = [*(cfg.get('custom_hooks') or []), ema]
        if not self.seeding:
            cfg.default_hooks.seed_epoch = None
        cfg.train_cfg.max_epochs = self.epochs
        cfg.default_hooks.checkpoint.max_keep_ckpts = -1
        path = self.folder / f'{kind}_{workers}.py'.replace(' ', '_')
        cfg.dump(path)
        return path

    def teacher(self) -> str:
        """The last checkpoint of the classifier without workers."""
        work_dir = self.folder / 'teacher'
        if not work_dir.exists():
            self._train(self._config('classifier', 'no worker'), work_dir)
        return str(work_dir / f'epoch_{self.epochs}.pth')

    def _train(self, config: Path, work_dir: Path, *options: str) -> None:
        def work(report) -> None:
            os.chdir(self.folder)
            code = train([str(config), '--work-dir', str(work_dir), *options])
            if code:
                sys.exit(code)

        code, _ = Child(work, self.log).wait()
        if code:
            raise RuntimeError(f'{config.name}: the training fails: {self.log.read_text()[-3000:]}')

    def differs(self, kind: str, workers: str) -> bool:
        """Whether N + N differs from 2N in a bit of the model, its average or the momentum."""
        config = self._config(kind, workers)
        whole, resumed = (self.folder / f'{config.stem}_{part}' for part in ('whole', 'resumed'))
        self._train(config, whole)
        self._train(config, resumed, '--resume', str(whole / f'epoch_{self.epochs // 2}.pth'))
        final = weights(whole, self.epochs)
        if equal(final, weights(whole, self.epochs // 2)):
            raise RuntimeError(f'{config.name}: the second half of the training changes nothing')
        return not equal(final, weights(resumed, self.epochs))


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('--without-seeding', action='store_true', help='leave SeedEpochHook out')
    args = parser.parse_args()
    print(f'{"N + N against 2N":<20}' + ''.join(f'{workers:<22}' for workers in WORKERS))
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        trainings = Trainings(Path(folder), seeding=not args.without_seeding)
        for kind in KINDS:
            differ = [trainings.differs(kind, workers) for workers in WORKERS]
            failures += sum(differ)
            words = ('different' if found else 'equal' for found in differ)
            print(f'{kind:<20}' + ''.join(f'{word:<22}' for word in words), flush=True)
    print(f'{failures} of {len(KINDS) * len(WORKERS)} differ')
    return int(failures > 0)


if __name__ == '__main__':
    sys.exit(main())
