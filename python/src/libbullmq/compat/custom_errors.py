"""Errors that a processor raises, where the port has them."""

from .._errors import DelayedError, UnrecoverableError, WaitingChildrenError

__all__ = ["DelayedError", "UnrecoverableError", "WaitingChildrenError"]
