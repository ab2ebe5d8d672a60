"""Settings out of the environment, read when needed: `chalice package` imports without any."""

from __future__ import annotations

import os


def get(name: str, default: str | None = None) -> str:
    """The variable's value; KeyError with its name when it is missing and has no default."""
    value = os.environ.get(name, default)
    if value is None:
        raise KeyError(f"the environment variable {name} is not set")
    return value
