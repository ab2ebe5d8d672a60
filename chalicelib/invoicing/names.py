"""Names: of files that reach us, and of files that we send to SdI (fatturapa.md section 6)."""

from __future__ import annotations

import re

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
CAPACITY = 36**5
_SDI = re.compile(r"([A-Z]{2}[A-Za-z0-9]{2,28}_[A-Za-z0-9]{1,5})\.(xml|xml\.p7m|zip)", re.I)
_EXTENSIONS = (".xml.p7m", ".xml", ".zip", ".p7m", ".pdf")


def stem(name: str) -> str:
    """Name without its extension, in capitals: `.xml` and `.xml.p7m` count as one name."""
    low = name.lower()
    for extension in _EXTENSIONS:
        if low.endswith(extension):
            return name[: -len(extension)].upper()
    return name.upper()


def is_sdi(name: str) -> bool:
    """Whether the name follows SdI's own rule."""
    return _SDI.fullmatch(name) is not None


def outgoing(transmitter: str, number: int) -> str:
    """The stem for the n-th file of a transmitter: `IT01234567890` + five base-36 digits.

    Lower and upper case are one name to be safe, so 60,466,176 names for each transmitter.
    """
    assert 0 < number < CAPACITY, "the transmitter's names are used up"
    digits = ""
    for _ in range(5):
        number, rest = divmod(number, 36)
        digits = _ALPHABET[rest] + digits
    return f"{transmitter}_{digits}"


def base(path: str) -> str:
    """The file's own name, whatever folders or separators stand before it."""
    return re.split(r"[/\\]", path)[-1]
