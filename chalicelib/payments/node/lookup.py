"""Whose a notice is and how it stands, in two reads.

The first has the claim of its segregation code, its place, the body's setting and, where the debtor
is wanted, the tenant's data key; the second the position, whether somebody holds it, and the
debtor. Which tenant to read of is remembered from the question before; the claim that is read along
tells whether that still holds.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from chalicelib.base import config, dynamo, fields, limits
from chalicelib.base.dynamo import Item
from chalicelib.payments import iuv
from chalicelib.payments import store as bodies
from chalicelib.payments.body import Body, Segregation
from chalicelib.payments.dues import store as persons
from chalicelib.payments.dues.model import Person
from chalicelib.payments.node.faults import NodeFault
from chalicelib.payments.node.requests import Asked, Head
from chalicelib.payments.positions import holds, store
from chalicelib.payments.positions.model import Position


@dataclass(frozen=True)
class Found:
    """A notice of ours. `debtor` only where it was wanted."""

    tenant: str
    body: Body
    position: Position
    number: int
    debtor: Person | None = field(default=None, repr=False)


def notice(asked: Asked, now: datetime, *, debtor: bool) -> Found:
    """The notice that the node asks about. Raises NodeFault for whose it is not, what is not there,
    and what somebody holds."""
    if asked.owner != asked.head.creditor:
        raise NodeFault("PAA_ID_DOMINIO_ERRATO", "the QR code is of another body")
    segregation = asked.number[1:3] if asked.number[0] == iuv.AUX else ""
    guess = _known(asked.head.creditor, segregation)
    found = _read(guess, asked, segregation, now, debtor) if guess else None
    if found is None:
        # Nothing is known yet, or the claim went to somebody else since.
        found = _read(_ask(asked.head, segregation), asked, segregation, now, debtor)
    if found is None:
        raise NodeFault("PAA_PAGAMENTO_SCONOSCIUTO")
    return found


def _read(tenant: str, asked: Asked, segregation: str, now: datetime, debtor: bool) -> Found | None:
    """The notice as this tenant's; None when its segregation code is not his."""
    claim = bodies.claim_key(asked.head.creditor, segregation)
    place, setting = store.notice_key(tenant, asked.number[1:]), bodies.setting_key(tenant)
    key = fields.key_of(tenant)
    read = dynamo.batch_get([claim, place, setting, *([key] if debtor else [])])
    if claim not in read or read[claim]["tenant"] != tenant:
        return None
    body = _body(read.get(setting), asked.head, segregation)
    if debtor:
        fields.renew(tenant, read.get(key))
    found = read.get(place)
    if found is None or found["creditor"] != asked.head.creditor:
        raise NodeFault("PAA_PAGAMENTO_SCONOSCIUTO")
    return _position(tenant, body, found, now, debtor=debtor)


def _position(tenant: str, body: Body, found: Item, now: datetime, *, debtor: bool) -> Found:
    where = store.position_key(tenant, found["position"])
    held = holds.key_of(tenant, found["position"])
    who = persons.person_key(tenant, found["person"])
    read = dynamo.batch_get([where, held, *([who] if debtor else [])])
    if holds.is_held(read.get(held), now):
        raise NodeFault("PAA_PAGAMENTO_IN_CORSO")
    person = persons.open_person(tenant, found["person"], read[who]) if debtor else None
    return Found(tenant, body, store.read_position(read[where]), found["number"], person)


def home(head: Head, notice_number: str = "", owner: str = "") -> tuple[str, Body]:
    """The tenant that a receipt is for, or that is asked for something new.

    A receipt may be told to a body that only one of its transfers is for (its station asked for
    all of them), or come by the station of a partner whose code is no longer the notice's. Raises
    NodeFault for a body, broker or station not ours.
    """
    owners = bodies.owners_of(head.creditor)
    ours = owner == head.creditor and notice_number[:1] == iuv.AUX
    mine = notice_number[1:3] if ours else ""
    refused = NodeFault("PAA_ID_DOMINIO_ERRATO")
    order = sorted(owners, key=lambda code: code != mine)
    for tenant in dict.fromkeys(owners[code] for code in order):
        body = bodies.get_body(tenant)
        if body is None or body.fiscal_code != head.creditor:
            continue
        try:
            _require_station(body.segregations, head)
        except NodeFault as fault:
            refused = fault
        else:
            return tenant, body
    raise refused


# ------------------------------------------------------------------ bodies and stations
def _body(item: Item | None, head: Head, segregation: str) -> Body:
    body = bodies.read_body(item) if item else None
    if body is None or body.fiscal_code != head.creditor:
        raise NodeFault("PAA_ID_DOMINIO_ERRATO")
    _require_station([one for one in body.segregations if one.code == segregation], head)
    return body


def _require_station(segregations: Iterable[Segregation], head: Head) -> None:
    partners = [one for one in segregations if one.partner == head.broker]
    if not partners:
        raise NodeFault("PAA_ID_INTERMEDIARIO_ERRATO")
    if not any(head.station in one.stations for one in partners):
        raise NodeFault("PAA_STAZIONE_INT_ERRATA")


# ------------------------------------------------------------------ whose codes they are
# By table, creditor and segregation code. Never more than a guess: the claim is read every time.
_guesses: Final[OrderedDict[tuple[str, str, str], str]] = OrderedDict()
_guard = threading.Lock()


def _known(creditor: str, segregation: str) -> str:
    with _guard:
        return _guesses.get((config.get("TABLE"), creditor, segregation), "")


def _ask(head: Head, segregation: str) -> str:
    owners = bodies.owners_of(head.creditor)
    if not owners:
        raise NodeFault("PAA_ID_DOMINIO_ERRATO")
    table = config.get("TABLE")
    with _guard:
        for code, tenant in owners.items():
            _guesses[table, head.creditor, code] = tenant
        while len(_guesses) > limits.NODE_TENANTS:
            _guesses.popitem(last=False)
    if segregation not in owners:
        raise NodeFault("PAA_PAGAMENTO_SCONOSCIUTO")
    return owners[segregation]


def forget() -> None:
    """As a new process: whose codes they are is not known."""
    with _guard:
        _guesses.clear()
