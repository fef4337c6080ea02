"""Print the alpha of every layer: python tools/alpha.py CHECKPOINT."""

import argparse

from ic_backbones.errors import InputError, run_tool
from ic_backbones.ops.ic_layer import alphas
from ic_backbones.weights.checkpoint import Checkpoint


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        'checkpoint', help='checkpoint of a training with learned or scheduled alphas'
    )
    checkpoint = parser.parse_args(argv).checkpoint
    values = alphas(Checkpoint.read(checkpoint).tensors)
    if not values:
        raise InputError(
            f"{checkpoint}: holds no alpha; alpha_mode='learned' and 'scheduled' save one "
            'per IC layer'
        )
    width = max(map(len, values))
    for name, value in values.items():
        print(f'{name:{width}}  {value:+.4f}')
    print(f'{"mean":{width}}  {sum(values.values()) / len(values):+.4f}')


if __name__ == '__main__':
    run_tool(main)
