"""Passwords: how they are kept, and which are taken.

Sources: NIST SP 800-63B-4 section 3.1.1.2 (lengths, Unicode, block list, no rules of composition),
OWASP Password Storage Cheat Sheet (argon2id, 19 MiB, two passes, one lane).
"""

from __future__ import annotations

import base64
import bisect
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Final

from chalicelib.base import config, limits
from chalicelib.base.errors import Rejected

BLOCK_LIST: Final = "passwords.txt"
# What belongs to the house, whoever chooses the password.
_OWN_WORDS: Final = ("sportello",)
_WORD_CHARS: Final = 4  # a shorter word is in many good passwords by chance
_REST_CHARS: Final = 6  # `dragon` and six more is still what everybody tries
_KEPT_CHARS: Final = 8  # what must remain beside one's own name
_UNIT_CHARS: Final = 4  # `abcdabcdabcd`
_RUNS: Final = ("abcdefghijklmnopqrstuvwxyz", "0123456789", "qwertyuiopasdfghjklzxcvbnm")


def normalise(text: str) -> str:
    """NFKC, so that it is the same from every keyboard."""
    return unicodedata.normalize("NFKC", text)


# ------------------------------------------------------------------ how they are kept
def make(text: str, salt: bytes) -> str:
    """The encoded hash. `salt`: ARGON2_SALT_BYTES random bytes. One argon2 evaluation."""
    from argon2 import low_level

    assert len(salt) == limits.ARGON2_SALT_BYTES
    encoded = low_level.hash_secret(
        _bytes(text),
        salt,
        time_cost=limits.ARGON2_PASSES,
        memory_cost=limits.ARGON2_MEMORY_KIB,
        parallelism=limits.ARGON2_LANES,
        hash_len=limits.ARGON2_HASH_BYTES,
        type=low_level.Type.ID,
    )
    return encoded.decode()


def matches(encoded: str, text: str) -> bool:
    """Whether this is the password. One argon2 evaluation, whatever the answer."""
    from argon2 import exceptions, low_level

    try:
        return low_level.verify_secret(encoded.encode(), _bytes(text), low_level.Type.ID)
    except exceptions.VerifyMismatchError:
        return False


def is_outdated(encoded: str) -> bool:
    """Whether it was made with other parameters than those of today."""
    return encoded.rsplit("$", 2)[0] != _parameters()


def dummy() -> str:
    """A hash that no password has and that costs as much: for accounts that are not there."""
    salt, digest = bytes(limits.ARGON2_SALT_BYTES), bytes(limits.ARGON2_HASH_BYTES)
    return f"{_parameters()}${_base64(salt)}${_base64(digest)}"


def _parameters() -> str:
    costs = f"m={limits.ARGON2_MEMORY_KIB},t={limits.ARGON2_PASSES},p={limits.ARGON2_LANES}"
    return f"$argon2id$v=19${costs}"


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return normalise(text).encode("utf-8", "surrogatepass")


# ------------------------------------------------------------------ which are taken
def require(text: str, context: Iterable[str], *, alone: bool) -> None:
    """Rejected `password_too_short`, `password_too_long` or `password_common`.

    `context`: the person's own words (mail address, name). `alone`: there is no second factor.
    """
    found = normalise(text)
    least = limits.PASSWORD_ALONE_CHARS if alone else limits.PASSWORD_CHARS
    if len(found) < least:
        raise Rejected(
            "password_too_short", f"Use at least {least} characters; spaces count.", chars=least
        )
    if len(found) > limits.PASSWORD_CHARS_MAX:
        raise Rejected(
            "password_too_long",
            f"Use at most {limits.PASSWORD_CHARS_MAX} characters.",
            chars=limits.PASSWORD_CHARS_MAX,
        )
    if is_common(found, words(context), block_list()):
        raise Rejected(
            "password_common",
            "This is a password that others guess: a common one, or made of your own name.",
        )


def words(context: Iterable[str]) -> frozenset[str]:
    """`Mario.Rossi@studio.it` -> mario, rossi, studio, mario.rossi: what must not be leant on."""
    found = set(_OWN_WORDS)
    for text in context:
        folded = normalise(text).casefold()
        found.add(folded.partition("@")[0])
        plain = "".join(each if each.isalnum() else " " for each in folded)
        found |= set(plain.split())
    return frozenset(word for word in found if len(word) >= _WORD_CHARS)


def is_common(text: str, own: Iterable[str], known: Sequence[str]) -> bool:
    """Whether a normalised password is one that is tried first. `known` is sorted, casefolded."""
    folded = text.casefold()
    core = _core(folded)
    return (
        _is_known(folded, known)
        or (len(folded) - len(core) <= _REST_CHARS and _is_known(core, known))
        or _is_repeated(folded, known)
        or _is_run(folded)
        or _leans_on(folded, own)
    )


def _is_known(folded: str, known: Sequence[str]) -> bool:
    place = bisect.bisect_left(known, folded)
    return place < len(known) and known[place] == folded


def _core(folded: str) -> str:
    """Without digits and signs at both ends."""
    letters = [n for n, each in enumerate(folded) if each.isalpha()]
    return folded[letters[0] : letters[-1] + 1] if letters else ""


def _is_repeated(folded: str, known: Sequence[str]) -> bool:
    # A text is one of its shorter beginnings repeated when it is found in itself doubled.
    period = (folded + folded).find(folded, 1)
    unit = folded[:period]
    return period < len(folded) and (period <= _UNIT_CHARS or _is_known(unit, known))


def _is_run(folded: str) -> bool:
    """Keys or letters in a row, forward or backward, as often as need be."""
    for run in _RUNS:
        for line in (run, run[::-1]):
            endless = line * (len(folded) // len(line) + 2)
            if folded in endless:
                return True
    return False


def _leans_on(folded: str, own: Iterable[str]) -> bool:
    rest = folded
    for word in sorted(own, key=len, reverse=True):
        rest = rest.replace(word, "")
    return rest != folded and len(rest) < _KEPT_CHARS


@cache
def block_list() -> tuple[str, ...]:
    """Common passwords and single words, sorted, out of the layer; read when first asked."""
    text = (Path(config.get("WORDS")) / BLOCK_LIST).read_text(encoding="utf-8")
    return tuple(text.splitlines())
