"""Recovery codes: ten, shown once, each good for one time instead of a code of the app."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from typing import Final

from chalicelib.base import limits

# Without 0 and O, 1, I and L: what is read off paper must not be guessed at. 31 letters.
ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_GROUP: Final = 4
# A byte from here on would favour the first letters.
_FAIR: Final = 256 - 256 % len(ALPHABET)
# Bytes that are enough but once in more than 10**60 times.
RANDOM_BYTES: Final = 256


def make(random: bytes) -> tuple[str, ...]:
    """The codes as they are shown, `ABCD-EFGH-JKMN-PQRS`. `random`: RANDOM_BYTES bytes."""
    assert len(random) == RANDOM_BYTES
    letters = [ALPHABET[each % len(ALPHABET)] for each in random if each < _FAIR]
    chars = limits.RECOVERY_CODE_CHARS
    assert len(letters) >= limits.RECOVERY_CODES * chars
    found = []
    for start in range(0, limits.RECOVERY_CODES * chars, chars):
        code = "".join(letters[start : start + chars])
        found.append("-".join(code[n : n + _GROUP] for n in range(0, chars, _GROUP)))
    return tuple(found)


def clean(text: str) -> str:
    """The code as it is hashed; "" when it cannot be one."""
    found = "".join(text.upper().split()).replace("-", "")
    right = len(found) == limits.RECOVERY_CODE_CHARS and set(found) <= set(ALPHABET)
    return found if right else ""


def digest(user: str, code: str) -> str:
    """What is stored: 79 random bits need no slow hash, and nobody else's code has the same."""
    return hashlib.sha256(f"{user}:{clean(code)}".encode()).hexdigest()


def spend(user: str, code: str, kept: Sequence[str]) -> list[str] | None:
    """What is left of the kept ones when this code is used; None when it is none of them."""
    if not clean(code):
        return None
    given = digest(user, code)
    left = [each for each in kept if not hmac.compare_digest(each, given)]
    return left if len(left) < len(kept) else None
