"""The command lines: in a clone ``python tools/train.py``, installed ``ic-backbones train``."""
