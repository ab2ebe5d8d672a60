"""The digital stamp ("marca da bollo digitale") that is bought together with a payment. Pure.

The payer asks for it through the body's notice and the PSP that takes the money issues it: the
money goes to the tax agency, never to the body, so no settlement flow of the body has it (pagopa.md
section 6.1). It belongs to one document, named by its SHA-256, and asks for the province in which
the payer lives. Only version 2 of the node's messages knows it (ctRichiestaMarcaDaBollo of
sac-common-types-1.0.xsd).
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from dataclasses import dataclass
from datetime import date
from typing import Final

from chalicelib.base.errors import Rejected

# What stands on the node's wire for a stamp for documents, the only kind there is.
KIND: Final = "01"
REASON: Final = "Marca da bollo digitale"
# The tariff of d.P.R. 642/1972 by the day from which it holds; the last one is in force
# (d.l. 43/2013, art. 7-bis, c. 3).
_RATES: Final = ((date(2013, 6, 26), 1_600),)
_DIGEST_BYTES: Final = 32
_PROVINCE = re.compile(r"[A-Z]{2}", re.ASCII)


@dataclass(frozen=True)
class Stamp:
    """`document`: the SHA-256 of what is stamped, in base64; `province` where the payer lives, two
    capitals (of a country, for who lives abroad)."""

    document: str
    province: str

    def __post_init__(self) -> None:
        if not is_digest(self.document):
            raise Rejected("stamp_document", "A stamp needs the SHA-256 of its document in base64.")
        if not is_province(self.province):
            raise Rejected("stamp_province", "A province is two capital letters.")


def is_province(text: str) -> bool:
    """Whether it may be where the payer lives: two capitals."""
    return bool(_PROVINCE.fullmatch(text))


def is_digest(text: str) -> bool:
    """Whether it is a SHA-256 in base64."""
    try:
        return len(b64decode(text, validate=True)) == _DIGEST_BYTES
    except (binascii.Error, ValueError):
        return False


def cents_on(day: date) -> int:
    """What one costs on a day."""
    return next(cents for first, cents in reversed(_RATES) if first <= day)
