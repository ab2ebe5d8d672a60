"""A position by what is printed on its notice: neutral, counted, the same work whatever is found.

The whole key is the notice's number and the debtor's tax code; half of it, the number and the body,
is what everybody has who sees the paper. A tax code leads to the bodies that know it by the list
of persons (dues/store.py), so that nobody need say which body he means. Whatever does not fit makes
one and the same answer: no such number, another person's, another body's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import parse_qs, urlsplit

from chalicelib.base import dynamo, keys, limits
from chalicelib.base.dynamo import Item, Key
from chalicelib.base.errors import NotFound, Rejected
from chalicelib.base.taxids import is_tax_code
from chalicelib.payments import bodies, iuv
from chalicelib.payments import store as body_store
from chalicelib.payments.body import Body
from chalicelib.payments.citizen import tries
from chalicelib.payments.citizen.handles import Handle
from chalicelib.payments.dues import store as due_store
from chalicelib.payments.dues.model import Person
from chalicelib.payments.dues.store import PORTAL
from chalicelib.payments.positions import store
from chalicelib.payments.positions.model import Payment, Position

_BETWEEN = re.compile(r"[\s\u00a0.\-]+")
_LINK = re.compile(r"(3[0-9]{17})[-.]([0-9]{11})", re.ASCII)
# What the QR code of a notice says (pagopa.md section 3.4).
_QR = re.compile(r"PAGOPA\|00[0-9]\|(3[0-9]{17})\|([0-9]{11})\|[0-9]*", re.ASCII)
NOBODY: Final = "0" * 16


@dataclass(frozen=True)
class Sought:
    """`iuv` "" for a number that cannot be one of ours; `tax_code` "" for half a key."""

    iuv: str
    tax_code: str
    body: str

    @property
    def full(self) -> bool:
        return bool(self.tax_code)


@dataclass(frozen=True)
class Hit:
    """What was found. `person` only where the whole key was given; `returned_at`: a payer came
    back from Checkout then, and said that he had paid ("" for nobody)."""

    tenant: str
    body: Body
    position: Position
    payment: Payment
    person: Person | None
    returned_at: str

    @property
    def handle(self) -> Handle:
        return Handle(self.tenant, self.payment.iuv, self.person is not None)


def sought(notice: str, tax_code: str, body: str, link: str) -> Sought:
    """What somebody typed, scanned or followed. Rejected `portal_half_key` (422) for a number
    alone: without tax code or body it is nobody's."""
    said = _BETWEEN.sub("", notice)
    if link:
        said, body = _followed(link)
    number = said[1:] if len(said) == 18 and said[0] == iuv.AUX else said
    code = "".join(tax_code.split()).upper()
    if tax_code and not is_tax_code(code):
        code = NOBODY  # nobody has it, and finding that out takes as long as any other
    if not code and not body:
        raise Rejected("portal_half_key", "Say the debtor's tax code as well, or the body.")
    return Sought(number if iuv.is_ours(number) else "", code, body)


def _followed(link: str) -> tuple[str, str]:
    """Number and body of a link, of the QR code, or of the page's whole address."""
    parts = urlsplit(link)
    asked = parse_qs(parts.query) | parse_qs(parts.fragment)
    text = next(iter(asked.get("n", ())), link)
    found = _LINK.fullmatch(text) or _QR.fullmatch(link)
    return (found[1], found[2]) if found else ("", NOBODY)


def find(wanted: Sought, source: str, now: datetime) -> Hit:
    """The one position that the key opens.

    NotFound `portal_not_found` for all else; Rejected `too_many_tries` (429), `portal_body_missing`
    (409: this tax code owes two bodies under one number; say which).
    """
    counters = [tries.by_source(source, "search", limits.PORTAL_SOURCE_TRIES, now)]
    if wanted.full:
        counters.append(tries.count(
            "notice", wanted.iuv or NOBODY, limits.PORTAL_NOTICE_TRIES, limits.PORTAL_WINDOW_S, now
        ))  # fmt: skip
    persons: Mapping[tuple[str, str], Item] = {}
    if wanted.full:
        persons = due_store.find_persons(wanted.tax_code, limits.PORTAL_TENANTS)
        tenants = list(dict.fromkeys(tenant for tenant, _ in persons))
    else:
        tenants = [body_store.owner_of(wanted.body, wanted.iuv[:2] or "00")]
    marks = _marks(wanted, [one for one in tenants if one])
    positions = _positions(marks)
    fitting = [
        (tenant, positions[tenant, mark["position"]], mark)
        for tenant, mark in marks.items()
        if (tenant, mark["position"]) in positions
        and (not wanted.full or (tenant, positions[tenant, mark["position"]].person) in persons)
    ]
    if len(fitting) > 1:
        raise Rejected("portal_body_missing", "Say which body it is of.", status=409)
    if not fitting:
        raise not_found()
    ((tenant, position, mark),) = fitting
    person = None
    if wanted.full:
        tries.give_back(counters)
        item = persons[tenant, position.person]
        person = due_store.open_person(tenant, position.person, item)
    payment = next(one for one in position.payments if one.number == mark["number"])
    return Hit(tenant, bodies.get(tenant), position, payment, person, mark.get("returned_at", ""))


def not_found() -> NotFound:
    """The one answer for what does not fit."""
    failure = NotFound("notice")
    failure.code = "portal_not_found"
    failure.message = "Nothing is found for what was said."
    return failure


# ------------------------------------------------------------------ reading
def returned_key(tenant: str, number: str) -> Key:
    """That a payer of it came back from Checkout, as checkout/store.py writes it."""
    return keys.pk(tenant, "NOTICE", number), keys.sk("RETURNED")


def _marks(wanted: Sought, tenants: Iterable[str]) -> dict[str, Item]:
    """By tenant the row of the IUV, with `returned_at` where there is one. Always one call."""
    number = wanted.iuv or NOBODY
    asked = [(one, store.notice_key(one, number), returned_key(one, number)) for one in tenants]
    wanted_keys = [key for _, *both in asked for key in both]
    found = dynamo.batch_get(wanted_keys or [store.notice_key(PORTAL, number)])
    marks: dict[str, Item] = {}
    for tenant, own, returned in asked:
        mark = found.get(own)
        if mark is not None and wanted.body in ("", mark["creditor"]):
            marks[tenant] = mark | {"returned_at": found.get(returned, {}).get("at", "")}
    return marks


def _positions(marks: Mapping[str, Item]) -> dict[tuple[str, str], Position]:
    """Always one call."""
    return store.get_positions(
        [(tenant, mark["position"]) for tenant, mark in marks.items()] or [(PORTAL, NOBODY)]
    )


def again(handle: Handle, now: datetime) -> Hit:
    """What a key stands for, as it is now. NotFound `portal_not_found` when it is gone."""
    number = handle.iuv
    own, returned = store.notice_key(handle.tenant, number), returned_key(handle.tenant, number)
    found = dynamo.batch_get([own, returned])
    mark = found.get(own)
    position = store.get_position(handle.tenant, mark["position"]) if mark else None
    if mark is None or position is None:
        raise not_found()
    person = None
    if handle.full:
        person = due_store.get_persons(handle.tenant, [position.person])[position.person]
    payment = next(one for one in position.payments if one.number == mark["number"])
    at = found.get(returned, {}).get("at", "")
    return Hit(handle.tenant, bodies.get(handle.tenant), position, payment, person, at)
