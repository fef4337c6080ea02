from . import loader  # noqa: F401  in place of mmengine's loaders, which run code
