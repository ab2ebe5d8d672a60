"""What a document comes to: funds, summaries, stamp, withholding, total, what is to be paid.

Sources: fatturapa.md section 7 ("Riepilogo when generating", ImportoTotaleDocumento) and section
16 (stamp, split payment, withholding, funds).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from chalicelib.invoicing.compose import law
from chalicelib.invoicing.compose.fitting import refused
from chalicelib.invoicing.compose.money import HUNDRED, ZERO, cents, percent, scaled
from chalicelib.invoicing.compose.rows import Row, rows_of, stamp_row
from chalicelib.invoicing.compose.values import Document, Fund, Line, Stamp, Withholding
from chalicelib.invoicing.model import SELF_INVOICE_TYPES

STAMP = Decimal("2.00")
STAMP_THRESHOLD = Decimal("77.47")
STAMP_NATURES = frozenset({"N2.1", "N2.2", "N3.5", "N3.6", "N4"})
# Its issuer has nothing to stamp: the document only adds VAT to somebody else's, or to nobody's.
_UNSTAMPED = SELF_INVOICE_TYPES | {"TD21", "TD27"}
# The supplier's invoice had no VAT: the buyer adds it, and owes it to nobody but the State.
_BUYER_ADDS_TAX = frozenset({"TD16", "TD17", "TD18", "TD19"})
_TAX = frozenset({"RT01", "RT02"})
_LAW_CHARS = 100
_NOTHING = Decimal("0.00")


@dataclass(frozen=True)
class Summary:
    """One DatiRiepilogo."""

    rate: Decimal
    natura: str
    exigibility: str
    rounding: Decimal
    taxable: Decimal
    tax: Decimal
    law: str


@dataclass(frozen=True)
class Due:
    """A contribution or a withholding: on how much, how much."""

    base: Decimal
    amount: Decimal


@dataclass(frozen=True)
class Totals:
    """The figures of a document, in its currency.

    `total` is ImportoTotaleDocumento; `payable` what the buyer pays to the seller: without what he
    withholds and without the VAT that he pays to the State himself (`state_tax`: split payment, and
    the integrations that he issues).
    """

    taxable: Decimal
    tax: Decimal
    total: Decimal
    withheld: Decimal
    state_tax: Decimal
    payable: Decimal
    stamp: Decimal


@dataclass(frozen=True)
class Sums:
    """Everything that was computed for a document."""

    rows: tuple[Row, ...]
    funds: tuple[Due, ...]
    withholdings: tuple[Due, ...]
    summaries: tuple[Summary, ...]
    totals: Totals


Key = tuple[Decimal, str, str]


def _exigibility(part: Line | Fund, document: Document) -> str:
    """Only VAT that is charged can be due now, later or to the State."""
    if part.natura or not part.rate:
        return ""
    return part.exigibility or document.exigibility


def _key(part: Line | Fund, document: Document) -> Key:
    return (part.rate, part.natura, _exigibility(part, document))


def is_funded(line: Line) -> bool:
    """Whether the pension fund has its part of a line."""
    return line.natura != "N1" if line.funded is None else line.funded


def _fund(fund: Fund, rows: Iterable[Row]) -> Due:
    base = fund.base
    if base is None:
        base = cents(sum((row.total for row in rows if is_funded(row.line)), ZERO))
    return Due(base, percent(base, fund.percent))


def _withholding(
    held: Withholding, document: Document, rows: Iterable[Row], funds: list[Due]
) -> Due:
    base = held.base
    if base is None:
        base = sum((row.total for row in rows if row.line.withheld), ZERO)
        if held.kind in _TAX:
            pairs = zip(document.funds, funds, strict=True)
            base += sum((due.amount for fund, due in pairs if fund.withheld), ZERO)
        base = cents(base)
    share = Fraction(base) * Fraction(held.share) / HUNDRED
    return Due(base, cents(share * Fraction(held.percent) / HUNDRED))


def _words(key: Key, laws: Iterable[str], regime: str, field: str) -> str:
    """RiferimentoNormativo: what was given, each text once, else the usual words."""
    _, natura, exigibility = key
    given = "; ".join(dict.fromkeys(text for text in laws if text))
    if len(given) > _LAW_CHARS:
        message = "The references to the law of one summary are too long together."
        raise refused("compose_length", message, field, high=_LAW_CHARS, length=len(given))
    if given:
        return given
    return law.SPLIT_PAYMENT if exigibility == "S" else law.usual(natura, regime)


def _summaries(
    document: Document, rows: Iterable[Row], funds: Iterable[Due], regime: str, field: str
) -> tuple[Summary, ...]:
    sums: dict[Key, Decimal] = {}
    laws: dict[Key, list[str]] = {}
    shares: list[tuple[Line | Fund, Decimal]] = [(row.line, row.total) for row in rows]
    shares += [(fund, due.amount) for fund, due in zip(document.funds, funds, strict=True)]
    for part, amount in shares:
        key = _key(part, document)
        sums[key] = sums.get(key, ZERO) + amount
        laws.setdefault(key, []).append(part.law)
    made = []
    for key, exact in sums.items():
        rate, natura, exigibility = key
        taxable = cents(exact)
        made.append(
            Summary(
                rate=rate,
                natura=natura,
                exigibility=exigibility,
                rounding=scaled(taxable - exact, 2, 8),
                taxable=taxable,
                tax=percent(taxable, rate),
                law=_words(key, laws[key], regime, f"{field}.lines"),
            )
        )
    return tuple(made)


def stamp_base(stamp: Stamp, amounts: Iterable[tuple[str, Decimal]]) -> Decimal:
    """What counts for the threshold, of amounts by natura."""
    counted = excluded = ZERO
    for natura, amount in amounts:
        if natura in STAMP_NATURES:
            counted += amount
        elif natura == "N1":
            excluded += amount
    if stamp.n1 == "always" or (stamp.n1 == "mixed" and counted):
        counted += excluded
    return counted


def stamp_due(stamp: Stamp, kind: str, amounts: Iterable[tuple[str, Decimal]]) -> Decimal:
    """2.00 or 0.00: on more than 77.47 outside VAT (section 16)."""
    if stamp.due == "auto":
        # A credit note is stamped like an invoice, with whichever sign it is written.
        due = kind not in _UNSTAMPED and abs(stamp_base(stamp, amounts)) > STAMP_THRESHOLD
    else:
        due = stamp.due == "always"
    return STAMP if due else _NOTHING


def _check_withholdings(document: Document, rows: Iterable[Row], field: str) -> None:
    kinds = [held.kind for held in document.withholdings]
    if len(set(kinds)) < len(kinds):
        message = "Each kind of withholding stands once."
        raise refused("compose_withholding_twice", message, f"{field}.withholdings")
    lines = any(row.line.withheld for row in rows)
    funds = any(fund.withheld for fund in document.funds)
    if (lines or funds) and not kinds:
        message = "Something is subject to withholding and no withholding is given."
        control = "00411" if lines else "00415"
        raise refused("compose_withholding", message, f"{field}.withholdings", control=control)
    for place, held in enumerate(document.withholdings):
        if held.base is None and not lines and not (funds and held.kind in _TAX):
            message = "Nothing is subject to this withholding."
            raise refused("compose_withholding_base", message, f"{field}.withholdings[{place}]")


def _totals(
    document: Document, summaries: Iterable[Summary], held: Iterable[Due], stamp: Decimal
) -> Totals:
    summaries = tuple(summaries)
    taxable = sum((each.taxable for each in summaries), _NOTHING)
    tax = sum((each.tax for each in summaries), _NOTHING)
    own = document.kind in _BUYER_ADDS_TAX
    state = sum((each.tax for each in summaries if own or each.exigibility == "S"), _NOTHING)
    withheld = sum((due.amount for due in held), _NOTHING)
    total = taxable + tax + (document.rounding or ZERO)
    return Totals(taxable, tax, total, withheld, state, total - withheld - state, stamp)


def sums_of(document: Document, regime: str, field: str) -> Sums:
    """Everything there is to compute of a document of the ordinary formats.

    `regime` is the seller's, `field` the path of the document. Raises Rejected (see `rows_of`,
    and compose_withholding, compose_withholding_twice, compose_withholding_base, compose_length).
    """
    rows = rows_of(document, field)
    _check_withholdings(document, rows, field)
    funds = [_fund(fund, rows) for fund in document.funds]
    outside = [(row.line.natura, row.total) for row in rows]
    outside += [(fund.natura, due.amount) for fund, due in zip(document.funds, funds, strict=True)]
    stamp = stamp_due(document.stamp, document.kind, outside)
    if stamp and document.stamp.charged:
        rows.append(stamp_row(stamp))
    held = [_withholding(each, document, rows, funds) for each in document.withholdings]
    summaries = _summaries(document, rows, funds, regime, field)
    totals = _totals(document, summaries, held, stamp)
    return Sums(tuple(rows), tuple(funds), tuple(held), summaries, totals)
