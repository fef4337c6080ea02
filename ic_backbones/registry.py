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
    """A child of one of mmengine's root registries that registers there as well.

    A module that a notebook reloads registers its classes again, in the place of the old ones.
    """

    def register_module(self, name=None, force=False, module=None):
        if module is None:
            return partial(self.register_module, name, force)
        old = self.module_dict.get(name or module.__name__)
        force = force or _origin(old) == _origin(module)
        self.parent.register_module(name, force, module)
        return super().register_module(name, force, module)


def _origin(module: object) -> tuple[str | None, str | None]:
    return getattr(module, '__module__', None), getattr(module, '__qualname__', None)


def _child(parent: Registry, *locations: str) -> SharedRegistry:
    return parent.children.get('ic_backbones') or SharedRegistry(
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
