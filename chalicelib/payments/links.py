"""The portal's page of a notice, as notices and messages print it.

The link holds the notice's number and the body: half the key (citizen/finding.py), which is no more
than the paper itself shows. Nothing in it is about a person, so servers may log it.
"""

from __future__ import annotations

from typing import Final

from chalicelib.base import config

PAGE: Final = "portal/"


def said(notice: str, body: str) -> str:
    """What the link says: the notice's 18 digits and the body's fiscal code."""
    return f"{notice}-{body}"


def of_notice(notice: str, body: str) -> str:
    """The whole address."""
    return f"{config.get('PUBLIC_URL').rstrip('/')}/{PAGE}?n={said(notice, body)}"


def is_printable(most_chars: int) -> bool:
    """Whether notices can bear it here: all links are of one length."""
    return bool(printed("3" * 18, "0" * 11, most_chars))


def printed(notice: str, body: str, most_chars: int) -> str:
    """The same where it can be printed, "" where it is no https or longer than its place."""
    address = of_notice(notice, body)
    return address if address.startswith("https://") and len(address) <= most_chars else ""
