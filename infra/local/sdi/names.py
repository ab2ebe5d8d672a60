"""File names of the invoices that reach SdI and of the messages it sends back (facts §6).

Source: SdI technical specifications, rules on names; an identifier is 11-16 characters for Italy
and 2-28 otherwise, a progressive 1-5.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_NAME = re.compile(
    r"(?P<stem>(?:IT[A-Za-z0-9]{11,16}|(?!IT)[A-Z]{2}[A-Za-z0-9]{2,28})_[A-Za-z0-9]{1,5})"
    r"\.(?P<extension>xml|xml\.p7m|zip)"
)
_EXTENSIONS = (".xml.p7m", ".xml", ".zip", ".p7m")

NAME_CHARS_MAX = 50
"""What the messages' schemas admit in `NomeFile`; a longer name cannot be answered at all."""


@dataclass(frozen=True)
class InvoiceName:
    """A well-formed name: `stem` without the extension, `extension` one of xml, xml.p7m, zip."""

    stem: str
    extension: str


def parse_name(name: str) -> InvoiceName | None:
    """The parts of a name that follows the rules, None for any other (control 00001)."""
    found = _NAME.fullmatch(name)
    return InvoiceName(found["stem"], found["extension"]) if found else None


def stem_of(name: str) -> str:
    """The name without its extension, also for names that break the rules."""
    for extension in _EXTENSIONS:
        if name.lower().endswith(extension):
            return name[: -len(extension)]
    return name


def name_key(stem: str) -> str:
    """What makes two names the same: `.xml` and `.xml.p7m` share it, and so do `a` and `A`."""
    return stem.casefold()


def message_name(invoice_name: str, kind: str, number: int, extension: str = "xml") -> str:
    """`<stem>_<kind>_<nnn>.<extension>`; `kind` is RC, NS, MC, NE, DT or AT, `number` 1..999.

    The stem is cut and cleaned to what the web service admits: only names that are refused as
    such need it.
    """
    assert 1 <= number <= 999, number
    tail = f"_{kind}_{number:03d}.{extension}"
    stem = re.sub(r"[^A-Za-z0-9_.]", "_", stem_of(invoice_name))
    return stem[: NAME_CHARS_MAX - len(tail)] + tail
