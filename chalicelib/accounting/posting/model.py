"""Payments that can be posted, drafts of orders, orders, and how a body wants them. Pure.

An order is a reversale d'incasso: it says to the treasurer what money that has come is for. Amounts
are cents, days Europe/Rome's. Sources: FEATURES F001-110…116; pagopa.md sections 10.1 and 13.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, Literal

from chalicelib.base.errors import Rejected
from chalicelib.payments.body import is_chapter

Per = Literal["assessment", "chapter"]
Counterpart = Literal["debtor", "psp", "fixed"]
Late = Literal["refuse", "last"]
OrderState = Literal["issued", "reversed"]
TreasuryState = Literal[
    "accepted", "refused", "collected", "regularised", "cancelled", "reversed", "other"
]
NAME_CHARS: Final = 140
_ACCOUNT = re.compile(r"[0-9A-Za-z ./-]{1,34}", re.ASCII)


@dataclass(frozen=True)
class Share:
    """What part of a payment is for. `due` "": nobody expected it, as of a spontaneous payment."""

    due: str
    service: str
    reason: str
    chapter: str
    provenance: str
    year: int
    cents: int


@dataclass(frozen=True)
class Payment:
    """A transfer of a payment whose money is there; `key` is its stable name.

    `bank`: the movement that brought it, `bank_day` its accounting day, `provisional` the number of
    the treasurer's provvisorio ("" without), several with commas; then `sospesi` says how many
    cents came under each. `position` "" is not ours.
    """

    key: str
    iuv: str
    iur: str
    transfer: int
    cents: int
    paid_day: date
    flow_id: str
    psp: str
    bank: str
    bank_day: date | None
    provisional: str
    position: str
    lines: tuple[Share, ...]
    person: str
    origin: str
    version: int
    sospesi: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class Classification:
    """What a chapter is in the treasurer's words: `code` of the budget (7 digits at most), and the
    SIOPE code, "" where the body is not in SIOPE."""

    code: int
    text: str = ""
    article: int | None = None
    siope: str = ""

    def __post_init__(self) -> None:
        sound = 1 <= self.code <= 9_999_999 and (self.article is None or 0 <= self.article <= 999)
        if not sound or (self.siope and not re.fullmatch(r"[0-9]{4,10}", self.siope)):
            raise Rejected("classification_malformed", "That is no code of a budget or of SIOPE.")


@dataclass(frozen=True)
class Setting:
    """How a body posts; what an operator leaves out of a run comes from here (F001-116).

    `account`: the collection account, "" for none. `late`: an accounting day before that of the
    last number of its year is refused, or becomes that day. `fee_chapter`: where money goes that
    came beyond what was asked for; `chapter` where nothing says another. `automatic`: what becomes
    postable is posted without anybody asking.
    """

    per: Per = "assessment"
    account: str = ""
    counterpart: Counterpart = "debtor"
    counterpart_name: str = ""
    late: Late = "refuse"
    chapter: str = ""
    fee_chapter: str = ""
    automatic: bool = False
    classifications: Mapping[str, Classification] = field(default_factory=dict)
    version: int = 0

    def __post_init__(self) -> None:
        if self.account and not _ACCOUNT.fullmatch(self.account):
            raise Rejected("posting_account", "An account is letters, digits, points and strokes.")
        chapters = (self.chapter, self.fee_chapter, *self.classifications)
        if not all(is_chapter(one) for one in chapters if one):
            raise Rejected("chapter_malformed", "A chapter is letters, digits, points and strokes.")
        if len(self.counterpart_name) > NAME_CHARS:
            raise Rejected("posting_counterpart", "The name is too long.", limit_chars=NAME_CHARS)
        if self.counterpart == "fixed" and not self.counterpart_name.strip():
            raise Rejected("posting_counterpart", "A fixed counterpart has a name.")


@dataclass(frozen=True)
class Said:
    """What an operator says of a run, or of one payment in it; None leaves it to the setting."""

    day: date | None = None
    counterpart: str | None = None
    account: str | None = None

    def __post_init__(self) -> None:
        if self.account and not _ACCOUNT.fullmatch(self.account):
            raise Rejected("posting_account", "An account is letters, digits, points and strokes.")
        if self.counterpart is not None and not 0 < len(self.counterpart.strip()) <= NAME_CHARS:
            raise Rejected("posting_counterpart", "A counterpart has a name that is not too long.")

    def over(self, other: Said) -> Said:
        """This one, and the other where this says nothing."""
        return Said(
            self.day if self.day is not None else other.day,
            self.counterpart if self.counterpart is not None else other.counterpart,
            self.account if self.account is not None else other.account,
        )


NOTHING: Final = Said()


@dataclass(frozen=True)
class Line:
    """A part of an order: one share of one payment. `assessment` is the due's id, or that of the
    assessment which is made together with the order (`made`). `sospesi`: (number, cents) where it
    regularises several; else all of it is under the order's own."""

    payment: str
    iuv: str
    iur: str
    position: str
    person: str
    assessment: str
    made: bool
    service: str
    reason: str
    cents: int
    sospesi: tuple[tuple[str, int], ...] = ()

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Line:
        """The line out of its stored values."""
        parts = tuple((number, cents) for number, cents in said.get("sospesi", ()))
        return cls(**{**said, "sospesi": parts})


@dataclass(frozen=True)
class Draft:
    """An order without its number. `counterpart` "" is each line's own debtor. `year`: of what is
    residual, else of the order itself."""

    day: date
    account: str
    counterpart: str = field(repr=False)
    provisional: str
    flow_id: str
    bank: str
    bank_day: date | None
    chapter: str
    provenance: str
    year: int
    lines: tuple[Line, ...]

    @property
    def cents(self) -> int:
        return sum(line.cents for line in self.lines)


@dataclass(frozen=True)
class Standing:
    """How an order stands with the treasurer by his latest `word` (`other`: one that nobody knows).

    `instant` is for comparing, `at` as he wrote it; `reason` his own words where he refused.
    `verified`: he signed it, and the body knows his certificate."""

    instant: str
    at: str
    word: str
    state: TreasuryState
    reason: str = ""
    verified: bool = False


@dataclass(frozen=True)
class Order:
    """A reversale. `draft.day` is its accounting date, `year` the financial one; `seq` the entry
    of the journal that posted it, `reversed_by` the one that took it back (0: none)."""

    year: int
    number: int
    draft: Draft
    seq: int
    by: str
    at: str
    state: OrderState = "issued"
    reversed_by: int = 0
    treasury: Standing | None = None
    version: int = 1

    @property
    def id(self) -> str:
        return order_id(self.year, self.number)

    @property
    def outcome(self) -> str:
        """The treasurer's last word behind its time, "" before he said any."""
        return f"{self.treasury.at} {self.treasury.word}" if self.treasury else ""


def order_id(year: int, number: int) -> str:
    """As it stands in addresses; text order is that of the numbers."""
    return f"{year}-{number:07d}"
