"""Print the alpha of every layer of a checkpoint."""

from argparse import ArgumentParser, Namespace

from ic_backbones_tools.command import Command, add_trust_option, run_tool


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        'checkpoint', help='best_*.pth of a training with learned or scheduled alphas'
    )
    add_trust_option(parser)


def run(args: Namespace) -> None:
    from ic_backbones.errors import InputError
    from ic_backbones.ops.ic_layer import alphas
    from ic_backbones.weights.checkpoint import Checkpoint

    checkpoint = args.checkpoint
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
            f'{checkpoint}: holds no alpha; give a checkpoint that was trained with '
            "alpha_mode='learned' or 'scheduled'"
        )
    width = max(map(len, values))
    for name, value in values.items():
        print(f'{name:{width}}  {value:+.4f}')
    print(f'{"mean":{width}}  {sum(values.values()) / len(values):+.4f}')


main = Command(__file__, __doc__, add_arguments, run)

if __name__ == '__main__':
    run_tool(main)
