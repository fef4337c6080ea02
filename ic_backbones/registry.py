"""The registries of the scope ``ic_backbones``.

``type='ic_backbones.X'`` imports this module, and through ``locations`` the one that defines ``X``.
Every class is also put on mmengine's root, so that ``type='X'`` is found from any default scope
once ``ic_backbones`` is imported.

``Registry.get`` swallows an ImportError raised here: this module needs mmengine alone.
"""

from functools import partial

from mmengine import registry as root
from mmengine.registry import Registry


class SharedRegistry(Registry):
    """A child of one of mmengine's root registries that registers there as well."""

    def register_module(self, name=None, force=False, module=None):
        if module is None:
            return partial(self.register_module, name, force)
        self.parent.register_module(name, force, module)
        return super().register_module(name, force, module)


def _child(parent: Registry, *locations: str) -> SharedRegistry:
    return SharedRegistry(
        parent.name,
        parent=parent,
        scope='ic_backbones',
        locations=[f'ic_backbones.{location}' for location in locations],
    )


MODELS = _child(root.MODELS, 'backbones', 'ops', 'heads', 'distillation')
DATASETS = _child(root.DATASETS, 'datasets')
TRANSFORMS = _child(root.TRANSFORMS, 'transforms')
METRICS = _child(root.METRICS, 'evaluation')
HOOKS = _child(root.HOOKS, 'hooks')
