"""Becomes another program, which then ends with the parent as this process would have."""

import os


def main(command: list[str]) -> None:
    """Run ``command`` in the place of this process."""
    os.execv(command[0], command)
