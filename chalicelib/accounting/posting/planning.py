"""Payments as drafts of orders, in the order in which they are to be numbered. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from chalicelib.accounting import dividing
from chalicelib.accounting.posting.model import NOTHING, Draft, Line, Payment, Said, Setting, Share
from chalicelib.base import ids, limits

FEE: Final = "Maggiorazione"


@dataclass(frozen=True)
class Bundle:
    """Payments that are posted together or not at all, and the orders that they make; what is taken
    back later is taken back together too."""

    payments: tuple[Payment, ...]
    drafts: tuple[Draft, ...]

    @property
    def cost(self) -> int:
        """How many operations of a transaction it takes at most: for a payment its state, the
        match's and the entry by which it came; for an order itself, its entry and its account; for
        a line its places under the assessment and the position, and the assessment where it is
        made."""
        lines = sum(2 + line.made for draft in self.drafts for line in draft.lines)
        return 3 * len(self.payments) + 3 * len(self.drafts) + lines

    @property
    def day(self) -> date:
        return self.drafts[0].day


@dataclass(frozen=True)
class Problem:
    """Why a payment is not posted: `code` and the payment's key."""

    key: str
    code: str


@dataclass(frozen=True)
class Plan:
    """`bundles` by day, and what stays open."""

    bundles: tuple[Bundle, ...]
    problems: tuple[Problem, ...]

    @property
    def drafts(self) -> list[Draft]:
        return [draft for bundle in self.bundles for draft in bundle.drafts]


def shares(payment: Payment, setting: Setting) -> tuple[Share, ...]:
    """What each part of the money is for, to the cent.

    An instalment pays every line in proportion (what cannot be divided goes to the largest rests,
    the first of equal ones); what came beyond the lines, such as a fee for delay, is a line of its
    own.
    """
    lines = payment.lines or (
        Share("", "", "Incasso pagoPA", setting.chapter, "competenza", 0, payment.cents),
    )
    asked = sum(line.cents for line in lines)
    if asked < payment.cents:
        first = lines[0]
        over = Share(
            "", first.service, FEE, setting.fee_chapter or first.chapter, "competenza", 0,
            payment.cents - asked,
        )  # fmt: skip
        return (*lines, over)
    if asked == payment.cents:
        return lines
    parts = [divmod(line.cents * payment.cents, asked) for line in lines]
    left = payment.cents - sum(whole for whole, _ in parts)
    by_rest = sorted(range(len(parts)), key=lambda place: (-parts[place][1], place))
    more = frozenset(by_rest[:left])
    cut = [replace(line, cents=parts[at][0] + (at in more)) for at, line in enumerate(lines)]
    return tuple(line for line in cut if line.cents)


def plan(
    payments: Iterable[Payment],
    setting: Setting,
    said: Said = NOTHING,
    changes: Mapping[str, Said] | None = None,
) -> Plan:
    """Drafts of these payments by accounting day. The day is the operator's, else the bank's.

    One order for each assessment, or for each chapter of what one bank movement brought on a day,
    as far as one transaction holds; the rest is the next order.
    """
    ready: list[tuple[Payment, Draft, tuple[Share, ...]]] = []
    problems: list[Problem] = []
    for payment in payments:
        wanted = (changes or {}).get(payment.key, NOTHING).over(said)
        day = wanted.day or payment.bank_day
        found = [_with_chapter(one, setting) for one in shares(payment, setting)]
        if payment.cents <= 0:
            problems.append(Problem(payment.key, "amount"))
        elif day is None:
            problems.append(Problem(payment.key, "day_missing"))
        elif not all(share.chapter for share in found):
            problems.append(Problem(payment.key, "chapter_missing"))
        else:
            ready.append((payment, _frame(payment, day, wanted, setting), tuple(found)))
    ready.sort(key=lambda one: (one[1].day, one[0].bank, one[0].flow_id, one[0].iuv, one[0].key))
    made = _by_assessment(ready) if setting.per == "assessment" else _by_chapter(ready)
    return Plan(tuple(made), tuple(problems))


def _with_chapter(share: Share, setting: Setting) -> Share:
    return share if share.chapter else replace(share, chapter=setting.chapter)


def _frame(payment: Payment, day: date, said: Said, setting: Setting) -> Draft:
    """What all orders of the payment have in common."""
    counterpart = said.counterpart
    if counterpart is None:
        named = {"debtor": "", "psp": payment.psp, "fixed": setting.counterpart_name}
        counterpart = named[setting.counterpart]
    account = said.account if said.account is not None else setting.account
    return Draft(
        day=day, account=account, counterpart=counterpart.strip(), provisional=payment.provisional,
        flow_id=payment.flow_id, bank=payment.bank, bank_day=payment.bank_day, chapter="",
        provenance="", year=0, lines=(),
    )  # fmt: skip


def _lines(payment: Payment, found: Sequence[Share]) -> list[Line]:
    """A line for each share; the shares lie over the payment's sospesi one behind the other."""
    lines, before = [], 0
    for place, share in enumerate(found):
        # The same payment makes the same assessments, however often it is decided.
        name = share.due or ids.derive("assessment", payment.key, str(place))
        lines.append(
            Line(
                payment=payment.key, iuv=payment.iuv, iur=payment.iur, position=payment.position,
                person=payment.person, assessment=name, made=not share.due, service=share.service,
                reason=share.reason, cents=share.cents,
                sospesi=dividing.parted(payment.sospesi, before, share.cents),
            )
        )  # fmt: skip
        before += share.cents
    return lines


def _named(draft: Draft) -> Draft:
    """The draft under the provisional numbers of its own lines: its payments may have more."""
    numbers = dict.fromkeys(number for line in draft.lines for number, _ in line.sospesi)
    if not numbers:
        return draft
    if len(numbers) > 1:
        return replace(draft, provisional=",".join(one for one in numbers if one))
    alone = tuple(replace(line, sospesi=()) for line in draft.lines)
    return replace(draft, provisional=next(iter(numbers)), lines=alone)


Ready = tuple[Payment, Draft, tuple[Share, ...]]


def _heads(share: Share, day: date) -> tuple[str, str, int]:
    """Chapter, provenance and year of an order: only what is residual has another year."""
    residual = share.provenance == "residui"
    return (
        share.chapter,
        "residui" if residual else "competenza",
        share.year if residual else (day.year),
    )


def _by_assessment(ready: Sequence[Ready]) -> Iterator[Bundle]:
    for payment, frame, found in ready:
        drafts = []
        for share, line in zip(found, _lines(payment, found), strict=True):
            chapter, provenance, year = _heads(share, frame.day)
            mine = replace(frame, chapter=chapter, provenance=provenance, year=year, lines=(line,))
            drafts.append(_named(mine))
        yield Bundle((payment,), tuple(drafts))


def _by_chapter(ready: Sequence[Ready]) -> Iterator[Bundle]:
    groups: dict[Draft, list[Ready]] = {}
    for one in ready:
        groups.setdefault(one[1], []).append(one)
    for frame, group in sorted(groups.items(), key=lambda pair: pair[0].day):
        held = _chapters(frame, group[:1])
        start = 0
        for end in range(2, len(group) + 1):
            more = _chapters(frame, group[start:end])
            if more.cost > limits.POSTING_OPS:
                yield held
                start = end - 1
                more = _chapters(frame, group[start:end])
            held = more
        yield held


def _chapters(frame: Draft, group: Sequence[Ready]) -> Bundle:
    heads: dict[tuple[str, str, int], list[Line]] = {}
    for payment, _, found in group:
        for share, line in zip(found, _lines(payment, found), strict=True):
            heads.setdefault(_heads(share, frame.day), []).append(line)
    drafts = tuple(
        _named(
            replace(frame, chapter=chapter, provenance=provenance, year=year, lines=tuple(lines))
        )
        for (chapter, provenance, year), lines in sorted(heads.items())
    )
    return Bundle(tuple(payment for payment, _, _ in group), drafts)
