"""What of a position's lines a payment paid, to the cent. Pure.

The mirror of `payments.pagopa.shares`: lines stand one behind the other, those of one account and
taxonomy together (each digital stamp by itself); an instalment pays what lies over it; what rules
added is the first line's, what they took off is missing at the end.
"""

from __future__ import annotations

from dataclasses import replace

from chalicelib.payments.positions.model import Line, Position, transfers

Told = tuple[str, str, str, str, str, int, int]


def lines_of(position: Position, number: int, transfer: int, cents: int) -> tuple[Told, ...]:
    """(due, service, reason, chapter, provenance, year, cents) of each line that a transfer of the
    payment `number` paid, `cents` together; the first line where nothing says which."""
    payment = next((one for one in position.payments if one.number == number), None)
    if payment is not None and payment.anew:
        position = replace(position, lines=payment.anew.lines, payments=())
    wanted = payment.cents if payment else position.cents
    before = sum(one.cents for one in position.instalments if number and one.number < number)
    shares: list[list[tuple[Line, int]]] = []
    start = 0
    for each in transfers(position.lines):
        mine: list[tuple[Line, int]] = []
        for line in position.lines:
            if not each.holds(line):
                continue
            low, high = max(start, before), min(start + line.cents, before + wanted)
            if high > low:
                mine.append((line, high - low))
            start += line.cents
        if mine:
            shares.append(mine)
    found = shares[transfer - 1] if 0 < transfer <= len(shares) else []
    if not found:
        found = [(position.lines[0], cents)] if position.lines else []
    return tuple(_told(line, share) for line, share in _exact(found, cents) if share)


def _exact(found: list[tuple[Line, int]], cents: int) -> list[tuple[Line, int]]:
    more = cents - sum(share for _, share in found)
    shares = [share for _, share in found]
    if more > 0 and shares:
        shares[0] += more
    for at in reversed(range(len(shares))):
        if more >= 0:
            break
        less = min(shares[at], -more)
        shares[at] -= less
        more += less
    return [(line, share) for (line, _), share in zip(found, shares, strict=True)]


def _told(line: Line, cents: int) -> Told:
    return (
        line.due, line.service, line.reason, line.chapter, line.provenance, line.year, cents,
    )  # fmt: skip
