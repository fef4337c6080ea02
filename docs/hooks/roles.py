"""Sphinx's roles in docstrings, such as ``:class:`ICConv2d```, as links of the API reference."""

import re

import griffe

ROLE = re.compile(r':\w+:`~?((?:\w+\.)*)(\w+)`')


class Roles(griffe.Extension):
    def on_object(self, *, obj, **_):
        if obj.docstring:
            obj.docstring.value = ROLE.sub(r'[`\2`][\1\2]', obj.docstring.value)
