from . import export  # noqa: F401  teaches mmengine's loader to read .safetensors
