"""Print the alpha of every layer: python tools/alpha.py CHECKPOINT."""

import argparse

from ic_backbones.errors import InputError, run_tool
from ic_backbones.ops.ic_layer import alphas
from ic_backbones.weights.checkpoint import Checkpoint
from ic_backbones.weights.loader import add_trust_option


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        'checkpoint', help='checkpoint of a training with learned or scheduled alphas'
    )
    add_trust_option(parser)
    checkpoint = parser.parse_args(argv).checkpoint
    tensors = Checkpoint.read(checkpoint).tensors
    try:
        values = alphas(tensors)
    except (RuntimeError, ValueError) as error:
        raise InputError(
            f'{checkpoint}: holds an alpha that is not one number ({error}); give the checkpoint '
            'of a network with IC layers'
        ) from error
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
