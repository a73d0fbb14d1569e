"""Every public name in camelCase as well."""

from __future__ import annotations

import inspect
from typing import TypeVar

from .._conf import camel_case as camel

Kind = TypeVar("Kind", bound=type)


def camel_case(kind: Kind) -> Kind:
    """Give a class its methods and properties under the names that the port has for them.

    What the class itself defines in camelCase stays.
    """
    for name in dir(kind):
        if name.startswith("_") or "_" not in name:
            continue
        other = camel(name)
        if other not in vars(kind):
            setattr(kind, other, inspect.getattr_static(kind, name))
    return kind
