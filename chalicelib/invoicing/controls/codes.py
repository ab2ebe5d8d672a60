"""Controls on one document: dates, number, rates, nature, withholding, empty discounts.

Source: fatturapa.md section 7, 00400 to 00445 and 00474, and section 4 for FSM10.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from chalicelib.invoicing.controls import amounts
from chalicelib.invoicing.controls.catalogue import CONTROLS, finding
from chalicelib.invoicing.controls.finding import Finding
from chalicelib.invoicing.controls.values import GENERAL, GOODS, ZERO, Body, Line, as_day, day_of

_ONE = Decimal(1)
_COARSE = frozenset({"N2", "N3", "N6"})
_FINE_SINCE = CONTROLS["00445"].since
# The integration of a domestic reverse charge shows the rate and the Natura it came with.
_RATE_AND_NATURA = "TD16"
_CREDIT_NOTE = "TD04"
_DIGITS = frozenset("0123456789")


def check_body(body: Body, simplified: bool, regime: str, today: date) -> Iterator[Finding]:
    """All controls on one document; `regime` is the seller's RegimeFiscale."""
    yield from _general(body, simplified, today)
    if simplified:
        yield from _gross(body)
        yield from amounts.check_simplified(body, regime)
        return
    yield from _lines(body)
    if body.funds:
        yield from _funds(body)
    yield from amounts.check_lines(body)
    yield from _summaries(body)
    yield from _rates(body)
    yield from amounts.check_tax(body)


def _general(body: Body, simplified: bool, today: date) -> Iterator[Finding]:
    at = body.index
    if body.day > as_day(today):
        where, expected = f"{body.prefix}/{GENERAL}/Data", f"≤ {today.isoformat()}"
        yield finding("00403", where, at, found=body.date, expected=expected)
    if _DIGITS.isdisjoint(body.number):
        yield finding("00425", f"{body.prefix}/{GENERAL}/Numero", at, found=body.number)
    for position, written in enumerate(body.linked, start=1):
        if written and body.day < day_of(written):
            # Peers apply it to every type, the official text to credit notes and rectifications.
            sure = simplified or body.type == _CREDIT_NOTE
            yield finding(
                "00418",
                body.link(position, simplified),
                at,
                severity="error" if sure else "warning",
                found=body.date,
                expected=f"≥ {written}",
            )
    for position, discount in enumerate(body.discounts, start=1):
        if discount.percent is None and discount.amount is None:
            block = f"{GENERAL}/ScontoMaggiorazione"
            yield finding("00437", body.path(block, position, len(body.discounts)), at)


def _needs_fine(body: Body) -> bool:
    """Whether the document is of the time when Natura needs its sub-code."""
    return _FINE_SINCE is not None and body.day >= as_day(_FINE_SINCE)


def _natura(
    body: Body, where: str, rate: Decimal, natura: str, absent: str, present: str
) -> Iterator[Finding]:
    """Rate zero wants a Natura (else `absent`), any other forbids it (else `present`)."""
    if not natura:
        if not rate:
            yield finding(absent, where, body.index)
        return
    if rate and body.type != _RATE_AND_NATURA:
        yield finding(present, where, body.index, found=f"{rate} {natura}")
    if natura in _COARSE and _needs_fine(body):
        yield finding("00445", where, body.index, found=natura)


def _lines(body: Body) -> Iterator[Finding]:
    wants_rate = body.type == "TD21"
    withheld: Line | None = None
    for line in body.lines:
        if line.natura or not line.rate:
            where = body.line(line, "Natura" if line.natura else "AliquotaIVA")
            yield from _natura(body, where, line.rate, line.natura, "00400", "00401")
            if wants_rate and not line.rate:
                yield finding("00474", body.line(line, "AliquotaIVA"), body.index)
        if line.discounts:
            yield from _line_discounts(body, line)
        if line.withheld and withheld is None:
            withheld = line
    if withheld is not None and not body.withholding:
        yield finding("00411", body.line(withheld, "Ritenuta"), body.index)


def _line_discounts(body: Body, line: Line) -> Iterator[Finding]:
    for position, discount in enumerate(line.discounts, start=1):
        if discount.percent is None and discount.amount is None:
            place = f"[{position}]" if len(line.discounts) > 1 else ""
            yield finding("00438", body.line(line, f"ScontoMaggiorazione{place}"), body.index)


def _funds(body: Body) -> Iterator[Finding]:
    for fund in body.funds:
        where = body.fund(fund, "Natura" if fund.natura else "AliquotaIVA")
        # The exception of TD16 is for lines and summaries only.
        if fund.natura and fund.rate:
            found = f"{fund.rate} {fund.natura}"
            yield finding("00414", where, body.index, found=found)
        if not fund.natura and not fund.rate:
            yield finding("00413", where, body.index)
        if fund.natura in _COARSE and _needs_fine(body):
            yield finding("00445", where, body.index, found=fund.natura)
    first = next((fund for fund in body.funds if fund.withheld), None)
    if first is not None and not body.withholding:
        yield finding("00415", body.fund(first, "Ritenuta"), body.index)


def _summaries(body: Body) -> Iterator[Finding]:
    for one in body.summaries:
        if one.natura or not one.rate:
            where = body.summary(one, "Natura" if one.natura else "AliquotaIVA")
            yield from _natura(body, where, one.rate, one.natura, "00429", "00430")
        if one.split and one.natura.startswith("N6"):
            where = body.summary(one, "EsigibilitaIVA")
            yield finding("00420", where, body.index, found=one.natura)


def _rates(body: Body) -> Iterator[Finding]:
    """00419, 00422, 00424, 00443, 00444: what lines and funds use against what summaries list."""
    rows = body.lines + body.funds
    used, listed = {one.rate for one in rows}, {one.rate for one in body.summaries}
    natures, listed_natures = {one.natura for one in rows}, {one.natura for one in body.summaries}
    at = body.index
    if len(body.summaries) < len(used):
        where = f"{body.prefix}/{GOODS}/DatiRiepilogo"
        yield finding("00419", where, at, found=str(len(body.summaries)), expected=f"≥ {len(used)}")
    if any(ZERO < rate < _ONE for rate in used | listed):
        yield from _fractions(body)
    if used != listed:
        for rate in sorted(used ^ listed):
            yield finding("00443", _rate_path(body, rate), at, found=str(rate))
    if natures != listed_natures:
        for natura in sorted((natures ^ listed_natures) - {""}):
            yield finding("00444", _natura_path(body, natura), at, found=natura)
    yield from amounts.check_taxable(body, rows)


def _fractions(body: Body) -> Iterator[Finding]:
    """00424, once for each fraction in each of the three kinds of block."""
    seen: set[tuple[str, Decimal]] = set()
    for line in body.lines:
        if 0 < line.rate < _ONE and ("line", line.rate) not in seen:
            seen.add(("line", line.rate))
            where = body.line(line, "AliquotaIVA")
            yield finding("00424", where, body.index, found=str(line.rate))
    for fund in body.funds:
        if 0 < fund.rate < _ONE and ("fund", fund.rate) not in seen:
            seen.add(("fund", fund.rate))
            where = body.fund(fund, "AliquotaIVA")
            yield finding("00424", where, body.index, found=str(fund.rate))
    for one in body.summaries:
        if 0 < one.rate < _ONE and ("summary", one.rate) not in seen:
            seen.add(("summary", one.rate))
            where = body.summary(one, "AliquotaIVA")
            yield finding("00424", where, body.index, found=str(one.rate))


def _rate_path(body: Body, rate: Decimal) -> str:
    """Where a rate is first written."""
    for line in body.lines:
        if line.rate == rate:
            return body.line(line, "AliquotaIVA")
    for fund in body.funds:
        if fund.rate == rate:
            return body.fund(fund, "AliquotaIVA")
    return next(body.summary(one, "AliquotaIVA") for one in body.summaries if one.rate == rate)


def _natura_path(body: Body, natura: str) -> str:
    """Where a Natura is first written."""
    for line in body.lines:
        if line.natura == natura:
            return body.line(line, "Natura")
    for fund in body.funds:
        if fund.natura == natura:
            return body.fund(fund, "Natura")
    return next(body.summary(one, "Natura") for one in body.summaries if one.natura == natura)


def _gross(body: Body) -> Iterator[Finding]:
    """The lines of FSM10; a line with Imposta alone states no rate, so none is judged."""
    for one in body.gross:
        where = body.sale(one, "DatiIVA/Aliquota")
        if one.rate is not None:
            if not one.rate and not one.natura:
                yield finding("00400", where, body.index)
            if one.rate and one.natura:
                found = f"{one.rate} {one.natura}"
                yield finding("00401", body.sale(one, "Natura"), body.index, found=found)
            if 0 < one.rate < _ONE:
                yield finding("00424", where, body.index, found=str(one.rate))
        if one.natura in _COARSE and _needs_fine(body):
            yield finding("00445", body.sale(one, "Natura"), body.index, found=one.natura)
