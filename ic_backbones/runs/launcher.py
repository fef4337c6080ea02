"""Several processes in one run: what a launcher must have set, and how they end together."""

import ctypes
import os
import signal
import sys
from datetime import timedelta

import torch
from mmengine.config import Config
from mmengine.device import get_device
from mmengine.utils import digit_version
from torch.distributed.constants import default_pg_timeout

from ..errors import InputError

# What each launcher sets, the number of the process first.
LAUNCHER_VARIABLES = {
    'none': (),
    'pytorch': ('RANK', 'WORLD_SIZE', 'MASTER_ADDR', 'MASTER_PORT'),
    'slurm': ('SLURM_PROCID', 'SLURM_NTASKS', 'SLURM_NODELIST'),
    'mpi': (
        'OMPI_COMM_WORLD_RANK',
        'OMPI_COMM_WORLD_LOCAL_RANK',
        'OMPI_COMM_WORLD_SIZE',
        'MASTER_ADDR',
    ),
}


def set_up_launcher(cfg: Config, launcher: str, local_rank: int) -> None:
    """Put ``launcher`` into the config; without GPUs, make the group of processes as well.

    Args:
        cfg: The config of the run.
        launcher: A key of ``LAUNCHER_VARIABLES``.
        local_rank: The number of this process on its machine, for a launcher that does not set
            ``LOCAL_RANK``.

    Raises:
        InputError: The launcher did not start this process, it has no GPU where others have one, or
            there is none and the launcher needs one.
    """
    cfg.launcher = launcher
    if launcher == 'none':
        return
    missing = [name for name in LAUNCHER_VARIABLES[launcher] if name not in os.environ]
    if missing:
        raise InputError(
            f'--launcher {launcher}: the launcher did not start this process ({", ".join(missing)} '
            'not set); use tools/dist_train.sh CONFIG GPUS, or leave the option out'
        )
    if launcher != 'pytorch' and get_device() in ('cpu', 'mps'):
        raise InputError(
            f'--launcher {launcher}: needs a GPU, and this machine has none that PyTorch can use; '
            'use tools/dist_train.sh CONFIG PROCESSES, which trains on the CPU then'
        )
    _check_restarts()
    _end_with_the_launcher()
    timeout = _timeout(cfg)
    os.environ.setdefault('LOCAL_RANK', str(local_rank))
    if torch.cuda.is_available():
        rank, gpus = int(os.environ['LOCAL_RANK']), torch.cuda.device_count()
        if rank >= gpus:
            raise InputError(
                f'--launcher {launcher}: process {rank + 1} of this machine has no GPU of its own; '
                f'start no more processes than there are GPUs, {gpus}'
            )
    elif launcher == 'pytorch':
        _use_gloo(cfg, timeout)


def _use_gloo(cfg: Config, timeout: timedelta) -> None:
    """Several processes on the CPU, where mmengine itself would ask for a GPU."""
    torch.distributed.init_process_group('gloo', timeout=timeout)
    cfg.setdefault(
        'model_wrapper_cfg',
        dict(
            type='MMDistributedDataParallel',
            device_ids=None,
            broadcast_buffers=False,
            find_unused_parameters=cfg.get('find_unused_parameters', False),
        ),
    )


def is_first_process(launcher: str) -> bool:
    """Whether this process is the first of its run, also before the processes form a group."""
    return launcher == 'none' or os.environ.get(LAUNCHER_VARIABLES[launcher][0]) == '0'


def _check_restarts() -> None:
    """Stop where a restart by torchrun would fail: https://github.com/pytorch/pytorch/issues/135712.

    Since PyTorch 2.5, torchrun shares its store with the processes. Those of a restart find in it
    the addresses of the ones that have ended, and wait for them.
    """
    shares = os.environ.get('TORCHELASTIC_USE_AGENT_STORE') == 'True'
    restarts = int(os.environ.get('TORCHELASTIC_MAX_RESTARTS', 0))
    if restarts and shares and digit_version(torch.__version__) >= digit_version('2.5'):
        raise InputError(
            f'torchrun --max-restarts={restarts}: with this PyTorch the processes could not find '
            'each other after a restart; set TORCH_DISABLE_SHARE_RDZV_TCP_STORE=1 in the '
            'environment of torchrun, and use --standalone or --rdzv-backend=c10d'
        )


def _end_with_the_launcher() -> None:
    """End when the launcher dies, also while this process waits for others; saves survive that."""
    if sys.platform != 'linux':
        return
    launcher = os.getppid()
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)
    if os.getppid() != launcher:  # it died in between
        os.kill(os.getpid(), signal.SIGKILL)


def _timeout(cfg: Config) -> timedelta:
    """How long a process waits for the others, from ``env_cfg.dist_cfg``, else PyTorch's."""
    seconds = ((cfg.get('env_cfg') or {}).get('dist_cfg') or {}).get('timeout')
    if seconds is None:
        return default_pg_timeout
    if not isinstance(seconds, int | float) or not 0 < seconds <= 1e9:
        raise InputError(
            f'env_cfg.dist_cfg.timeout: {seconds!r} is not a number of seconds above 0 and up to '
            '1e9; give one'
        )
    return timedelta(seconds=seconds)
