"""The compiled core: cffi bindings, made from the public headers when the package is built."""

from typing import Any

ffi: Any
lib: Any
