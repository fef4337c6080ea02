"""How the tensors of a checkpoint fit those of a model, by name and shape."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from torch import Tensor

from ..errors import InputError


@dataclass(frozen=True)
class Match:
    """The names of a model's and a checkpoint's tensors, by how they fit.

    Attributes:
        source: What the errors call the checkpoint.
        prefix: The prefix below which the model was looked for, with its dot.
        matched: Tensors of the model that the checkpoint holds, in the same shape.
        new: Tensors of the model that only its own checkpoints could hold, and this one does not.
        missing: Other tensors of the model that the checkpoint does not hold.
        mismatched: Tensors that both have, in different shapes.
        unexpected: Tensors below the prefix that the model does not have.
        found: All tensors of the checkpoint, with their prefixes.
    """

    source: str
    prefix: str
    matched: list[str]
    new: list[str]
    missing: list[str]
    mismatched: list[str]
    unexpected: list[str]
    found: Collection[str]

    @property
    def left(self) -> list[str]:
        """The model's tensors that keep their values and are not new."""
        return self.missing + self.mismatched

    @property
    def needed(self) -> list[str]:
        """Those that are :attr:`left`, without what old checkpoints lack and PyTorch fills in."""
        return [name for name in self.left if not name.endswith('.num_batches_tracked')]

    @property
    def has_half(self) -> bool:
        """Whether at least half of the model's tensors, without the new ones, are matched."""
        return len(self.matched) >= len(self.left)

    def require_half(self) -> None:
        """Check that the match :attr:`has_half`.

        Raises:
            InputError: Fewer are matched; the sentence says which prefix is likely.
        """
        if self.has_half:
            return
        total = len(self.matched) + len(self.left)
        prefix = f' (prefix {self.prefix!r})' if self.prefix else ''
        parts = [f'{len(self.matched)} of {total} tensors match{prefix}']
        for title in ('missing', 'mismatched', 'unexpected'):
            names = getattr(self, title)
            if names:
                parts.append(f'{title} {first(names)}')
        likely = likely_prefix({*self.matched, *self.new, *self.left}, self.found)
        if likely in (None, self.prefix):
            advice = 'give a checkpoint of this network'
        elif likely == '':
            advice = 'leave the prefix out'
        else:
            advice = f'give the likely prefix, {likely!r}'
        raise InputError(f'{self.source}: {", ".join(parts)}; {advice}')

    def require_all(self, advice: str, unexpected: bool = True) -> None:
        """Check that the checkpoint fills the model.

        Args:
            advice: What the error tells the user to do.
            unexpected: Whether the checkpoint may not hold anything else.

        Raises:
            InputError: A tensor of the model is needed, or one of the checkpoint is unexpected.
        """
        wrong = self.needed + (self.unexpected if unexpected else [])
        if wrong:
            raise InputError(
                f'{self.source}: {len(self.matched)} tensors match and {len(wrong)} do not '
                f'({first(wrong)}); {advice}'
            )


def likely_prefix(model: Collection[str], found: Collection[str]) -> str | None:
    """The prefix below which most of the names ``found`` are names of the ``model``, if any are."""
    votes: Counter[str] = Counter()
    for name in found:
        parts = name.split('.')
        votes.update(
            '.'.join(parts[:i]) + '.' * (i > 0)
            for i in range(len(parts))
            if '.'.join(parts[i:]) in model
        )
    return votes.most_common(1)[0][0] if votes else None


def compare(
    model: Mapping[str, Tensor],
    state: Mapping[str, Tensor],
    source: str,
    prefix: str | None = None,
    new: Collection[str] = (),
) -> Match:
    """Compare a model's state dict with what a checkpoint's holds below a prefix.

    Args:
        model: The state dict of the model.
        state: The tensors of the checkpoint.
        source: What errors call the checkpoint.
        prefix: The prefix of the model in the checkpoint, with or without its dot.
        new: Names of the model's tensors that no checkpoint of a plain network could hold.
    """
    prefix = with_dot(prefix)
    given = below(state, prefix)
    absent = [name for name in model if name not in given]
    shared = [name for name in model if name in given]
    same = {name for name in shared if model[name].shape == given[name].shape}
    return Match(
        source=source,
        prefix=prefix,
        matched=[name for name in shared if name in same],
        new=[name for name in absent if name in new],
        missing=[name for name in absent if name not in new],
        mismatched=[name for name in shared if name not in same],
        unexpected=[name for name in given if name not in model],
        found=state.keys(),
    )


def with_dot(prefix: str | None) -> str:
    """A prefix with the dot that follows it; None is the empty one."""
    return prefix.rstrip('.') + '.' if prefix else ''


def below(state: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """The tensors below ``prefix``, by their names there."""
    return {k[len(prefix) :]: v for k, v in state.items() if k.startswith(prefix)}


def first(names: list[str]) -> str:
    """The first three names, and how many more there are."""
    more = f' and {len(names) - 3} more' if len(names) > 3 else ''
    return ', '.join(names[:3]) + more
