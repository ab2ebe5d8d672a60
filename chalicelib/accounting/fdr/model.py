"""What a settlement flow says, whichever way it came. Pure.

Source: FlussoRiversamento 1.0.4 and the OpenAPI of FdR-3, pagopa.md section 6.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, NamedTuple

from chalicelib.base.clock import ROME

EXECUTED: Final = "0"
REVOKED: Final = "3"
STAND_IN: Final = "4"
STAND_IN_NO_RPT: Final = "8"
NO_RPT: Final = "9"
OUTCOMES: Final = {
    "EXECUTED": EXECUTED,
    "REVOKED": REVOKED,
    "STAND_IN": STAND_IN,
    "STAND_IN_NO_RPT": STAND_IN_NO_RPT,
    "NO_RPT": NO_RPT,
}
KNOWN_OUTCOMES: Final = frozenset(OUTCOMES.values())
# No receipt comes with these: it is fetched, or the flow stands for it after some days.
WITHOUT_RECEIPT: Final = frozenset((STAND_IN_NO_RPT, NO_RPT))

_CENTS = re.compile(r"(-?)([0-9]{1,12})\.([0-9]{2})", re.ASCII)
_FLOW_ID = re.compile(r"[A-Za-z0-9_-]{1,35}", re.ASCII)
_DATED_ID = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})([A-Za-z0-9_]+)-", re.ASCII)


class Line(NamedTuple):
    """One transfer of a flow. `place`: from 1. `cents`: as written, None where that is no amount.

    `outcome`: 0, 3, 4, 8, 9, or whatever else was written. `transfer`: 1 to 5, None where it is not
    told. `day`: of the payment, as written.
    """

    place: int
    iuv: str
    iur: str
    transfer: int | None
    cents: int | None
    outcome: str
    day: str


@dataclass(frozen=True)
class Header:
    """The head of a flow; "" and None where something is missing or cannot be read.

    `psp`: idPSP, where the channel told it. `created`: dataOraFlusso, fdrDate; a time without a
    zone is Rome's. `revision`: 0 in XML. `sender_kind`: G fiscal code, A ABI, B BIC. `trn`: of the
    bank transfer; `settled`: its day. `said_count`, `said_cents`: the totals that it claims.
    """

    flow_id: str
    psp: str
    created: datetime | None
    revision: int
    sender_kind: str
    sender: str
    sender_name: str
    receiver: str
    receiver_name: str
    trn: str
    settled: date | None
    bic: str
    said_count: int | None
    said_cents: int | None


@dataclass(frozen=True)
class Stream:
    """A flow as it is read: its lines, once, and then its head."""

    lines: Iterator[Line]
    header: Callable[[], Header]


def cents_of(text: str) -> int | None:
    """Cents of `12.34` (a sign is allowed: SACI writes revoked ones with it); None else."""
    digits = text[:-3] + text[-2:]
    if text[-3:-2] == "." and 2 < len(digits) <= 14 and digits.isdecimal() and digits.isascii():
        return int(digits)  # as nearly always, at half the time
    found = _CENTS.fullmatch(text)
    if found is None:
        return None
    cents = int(found[2] + found[3])
    return -cents if found[1] else cents


def instant_of(text: str) -> datetime | None:
    """An ISO instant; without a zone it is Rome's."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=ROME)


def day_of(text: str) -> date | None:
    """An ISO day, also with a time zone behind it, as XSD allows."""
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def parts_of(flow_id: str) -> tuple[str, str]:
    """(day, idPSP) out of `<yyyy-MM-dd><idPSP>-<string>`; "" and "" of other ids."""
    found = _DATED_ID.match(flow_id)
    return (found[1], found[2]) if found else ("", "")


def is_flow_id(text: str) -> bool:
    """Whether it has the form that every flow id must have."""
    return _FLOW_ID.fullmatch(text) is not None
