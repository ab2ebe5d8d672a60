"""Identifiers derived from what they name, so that a repeated event makes the same ones."""

from __future__ import annotations

import base64
import hashlib
import re

_SAFE = re.compile(r"[A-Za-z0-9_.-]{1,64}")


def derive(*parts: str, chars: int = 24) -> str:
    """A lower-case base-32 name of `chars` (5 bits each) out of the parts; order matters."""
    digest = hashlib.sha256("\x1f".join(parts).encode()).digest()
    return base64.b32encode(digest).decode().lower()[:chars]


def sha256(data: bytes) -> str:
    """Hex digest."""
    return hashlib.sha256(data).hexdigest()


def is_safe(text: str) -> bool:
    """True for what may stand in an address or a key as it is."""
    return _SAFE.fullmatch(text) is not None
