"""The generator behind bindings/generate: one module per output."""

from . import (
    c_codes,
    c_easy,
    c_tables,
    docs_commands,
    docs_errors,
    docs_options,
    docs_python,
    go_codes,
    python_calls,
    python_codes,
    python_options,
    python_results,
    ruby_codes,
    swig_wrappers,
)
from .api import Api
from .files import GeneratedFiles

# Each takes the description and the checkout's root, and answers {path below the root: text}.
OUTPUTS = [
    c_codes.render,
    c_tables.render,
    c_easy.render,
    docs_options.render,
    docs_commands.render,
    docs_errors.render,
    docs_python.render,
    python_codes.render,
    python_options.render,
    python_results.render,
    python_calls.render,
    ruby_codes.render,
    go_codes.render,
    swig_wrappers.render,
]

__all__ = ["OUTPUTS", "Api", "GeneratedFiles"]
